//! Values that come out of rows. What cannot be read is reported as corrupt, with its place.

use std::str::FromStr;

use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::error::Error;

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Rows hold parameters of people: nothing of them is shown.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self::Postgres(row)
    }
}

impl Row {
    /// The row's columns as those of `table`; `id_column` names the row in errors.
    pub(crate) fn of(&self, table: &'static str, id_column: &'static str) -> Cells<'_> {
        Cells { row: self, table, id_column }
    }

    fn text(&self, column: &str) -> Result<Option<String>, sqlx::Error> {
        on_either!(self, Row, row => row.try_get(column))
    }

    fn int(&self, column: &str) -> Result<Option<i64>, sqlx::Error> {
        on_either!(self, Row, row => row.try_get(column))
    }
}

/// Columns of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'r> {
    row: &'r Row,
    table: &'static str,
    id_column: &'static str,
}

impl Cells<'_> {
    /// What to answer when `column` cannot be read.
    pub(crate) fn corrupt(&self, column: &'static str) -> Error {
        let id = self.row.text(self.id_column).ok().flatten().unwrap_or_default();
        Error::Corrupt { table: self.table, column, id }
    }

    pub(crate) fn opt_text(&self, column: &'static str) -> Result<Option<String>, Error> {
        self.row.text(column).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, Error> {
        self.opt_text(column)?.ok_or_else(|| self.corrupt(column))
    }

    fn opt_int(&self, column: &'static str) -> Result<Option<i64>, Error> {
        self.row.int(column).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64, Error> {
        self.opt_int(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, Error> {
        u64::try_from(self.int(column)?).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn opt_count(&self, column: &'static str) -> Result<Option<u64>, Error> {
        self.opt_int(column)?.map(|n| u64::try_from(n).map_err(|_| self.corrupt(column))).transpose()
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_ms(self.int(column)?))
    }

    pub(crate) fn opt_time(&self, column: &'static str) -> Result<Option<Timestamp>, Error> {
        Ok(self.opt_int(column)?.map(Timestamp::from_ms))
    }

    /// Text that is a `T`'s own.
    pub(crate) fn parse<T: FromStr>(&self, column: &'static str) -> Result<T, Error> {
        self.text(column)?.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn opt_parse<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, Error> {
        self.opt_text(column)?.map(|text| text.parse().map_err(|_| self.corrupt(column))).transpose()
    }

    /// Text that is JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, Error> {
        let text = self.opt_text(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| self.corrupt(column))).transpose()
    }
}
