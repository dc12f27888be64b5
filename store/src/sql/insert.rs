//! Many rows in few statements.

use std::fmt::Write as _;

use super::{Arg, Row, Tx};
use crate::error::Error;

/// Most rows of one statement. Row counts are powers of two, so that few different texts are prepared and cached.
const ROWS_MAX: usize = 64;

/// An INSERT of several rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insert {
    /// `table (column, …)`.
    pub(crate) into: &'static str,
    /// What follows the values: `ON CONFLICT …`, `RETURNING …`.
    pub(crate) tail: &'static str,
}

impl Insert {
    /// Inserts the rows in their order, and gives what the statements returned.
    pub(crate) async fn run(self, tx: &mut Tx, mut rows: Vec<Vec<Arg<'_>>>) -> Result<Vec<Row>, Error> {
        let mut returned = Vec::new();
        while !rows.is_empty() {
            let count = largest_power_of_two(rows.len().min(ROWS_MAX));
            let rest = rows.split_off(count);
            let sql = self.sql(count, rows[0].len());
            returned.extend(tx.all(&sql, rows.into_iter().flatten().collect()).await?);
            rows = rest;
        }
        Ok(returned)
    }

    fn sql(self, rows: usize, columns: usize) -> String {
        let mut sql = format!("INSERT INTO {} VALUES ", self.into);
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns {
                let comma = if column == 0 { "" } else { ", " };
                // Writing into a string cannot fail.
                let _ = write!(sql, "{comma}${}", row * columns + column + 1);
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(self.tail);
        sql
    }
}

const fn largest_power_of_two(at_most: usize) -> usize {
    1 << at_most.ilog2()
}
