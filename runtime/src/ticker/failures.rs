//! A run of failures is one story in the log, not a line per try.

use crate::lifecycle::chain;

/// After the first failure of a run, only each one whose number is a multiple of this is logged.
const LOG_EVERY_NTH_FAILURE: u32 = 20;

/// The current run of failures of one component.
#[derive(Debug)]
pub(super) struct Failures {
    component: &'static str,
    in_a_row: u32,
}

impl Failures {
    pub(super) fn new(component: &'static str) -> Self {
        Self { component, in_a_row: 0 }
    }

    /// Counts and perhaps logs a failure; answers how many there were in a row.
    pub(super) fn failed(&mut self, error: &(dyn std::error::Error + 'static)) -> u32 {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row == 1 || self.in_a_row.is_multiple_of(LOG_EVERY_NTH_FAILURE) {
            let (component, failures) = (self.component, self.in_a_row);
            tracing::warn!(component, tick.failures = failures, error = %chain(error), "tick failed");
        }
        self.in_a_row
    }

    /// Ends the run, with a line that says so if there was one.
    pub(super) fn succeeded(&mut self) {
        if self.in_a_row > 0 {
            tracing::info!(component = self.component, tick.failures = self.in_a_row, "tick works again");
        }
        self.in_a_row = 0;
    }
}
