//! Waiting for something to become true.

use std::time::{Duration, Instant};

use anyhow::bail;

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(5);

/// Looks until `look` gives something.
///
/// # Errors
/// The error of `look`, or that `what` did not happen in time.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if begun.elapsed() > limit {
            bail!("not within {} s: {what}", limit.as_secs());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
