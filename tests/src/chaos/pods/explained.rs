//! Whether a sandbox says why it waits.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::Value;

use crate::chaos::platform::Platform;

/// Causes that last only until the machine is made again are seen too.
const POLL: Duration = Duration::from_millis(100);

/// Waits until a sandbox says this cause.
///
/// # Errors
/// It does not in time; with what it says.
pub(super) async fn says(
    platform: &Platform,
    id: &str,
    cause: &'static str,
    patience: Duration,
) -> anyhow::Result<&'static str> {
    let (deadline, mut last) = (Instant::now() + patience, Value::Null);
    loop {
        let sandbox = platform.get(id).await?.unwrap_or_default();
        if sandbox["cause"]["slug"] == cause {
            return Ok(cause);
        }
        ensure!(Instant::now() < deadline, "{id} does not say {cause}: {} {}", sandbox["phase"], last);
        if !sandbox["cause"].is_null() {
            last = sandbox["cause"].clone();
        }
        tokio::time::sleep(POLL).await;
    }
}
