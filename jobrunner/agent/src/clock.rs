//! The one place where wall-clock time enters; tokens expire by it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where "now" comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's own clock.
    System,
    /// A clock that stands still, for tests: seconds since the Unix epoch.
    #[cfg(test)]
    At(i64),
}

impl Clock {
    /// Seconds since the Unix epoch.
    pub(crate) fn now_s(self) -> i64 {
        match self {
            Self::System => system_s(),
            #[cfg(test)]
            Self::At(now_s) => now_s,
        }
    }
}

fn system_s() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the agent imports none of our crates, so it has its own clock"
    )]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}
