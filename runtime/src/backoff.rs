//! Exponential backoff with full jitter, pure: the caller brings the random number.

use std::time::Duration;

/// How long to wait before trying again, growing with the number of failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest possible wait after the first failure.
    pub base: Duration,
    /// The longest possible wait after any number of failures.
    pub max: Duration,
}

impl Backoff {
    /// A backoff that begins at `base` and never exceeds `max`.
    #[must_use]
    pub const fn new(base: Duration, max: Duration) -> Self {
        Self { base, max }
    }

    /// The wait before the next try, after `failures` in a row (1 for the first): anything from zero to
    /// [`ceiling`](Self::ceiling), chosen by `random`, so that many who failed together come back apart.
    #[must_use]
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        let ceiling = self.ceiling(failures).as_nanos();
        let scaled = ceiling.saturating_mul(u128::from(random)) >> 64;
        duration_from_nanos(scaled)
    }

    /// The longest wait after `failures` in a row: `base` doubled each time, at most `max`.
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.max)
    }
}

/// Nanoseconds as a duration; what does not fit in 64 bits (584 years) is cut there.
fn duration_from_nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A random number from the operating system, for jitter only; zero when it has none to give.
#[must_use]
pub fn os_random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

    #[test]
    fn the_ceiling_doubles_up_to_the_maximum() {
        let ceilings: Vec<u128> = (0..9).map(|n| BACKOFF.ceiling(n).as_millis()).collect();
        assert_eq!(ceilings, [100, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(BACKOFF.ceiling(u32::MAX), BACKOFF.max);
    }

    #[test]
    fn jitter_spans_from_zero_to_the_ceiling() {
        assert_eq!(BACKOFF.delay(3, 0), Duration::ZERO);
        assert_eq!(BACKOFF.delay(3, u64::MAX / 2).as_millis(), 199);
        assert_eq!(BACKOFF.delay(3, u64::MAX).as_millis(), 399);
    }

    #[test]
    fn extremes_do_not_overflow() {
        let endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert!(endless.delay(u32::MAX, u64::MAX) > Duration::from_secs(3600));
        assert_eq!(Backoff::new(Duration::ZERO, Duration::ZERO).delay(9, 9), Duration::ZERO);
    }
}
