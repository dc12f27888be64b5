//! The size of a terminal's window.

use serde::{Deserialize, Serialize};

const MAX: u16 = 1000;

/// Columns and rows, as a tab says them or as they are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) cols: u16,
    pub(super) rows: u16,
}

impl Size {
    /// The same, within what programs can bear.
    pub(super) fn sane(self) -> Self {
        Self { cols: self.cols.clamp(1, MAX), rows: self.rows.clamp(1, MAX) }
    }

    /// The largest window that fits into both.
    pub(super) fn smaller(self, other: Self) -> Self {
        Self { cols: self.cols.min(other.cols), rows: self.rows.min(other.rows) }
    }

    /// Another size, one row off: changing to it and back makes a program draw itself again.
    pub(super) fn nudged(self) -> Self {
        let rows = if self.rows > 1 { self.rows - 1 } else { self.rows + 1 };
        Self { rows, ..self }
    }
}
