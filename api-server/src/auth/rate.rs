//! How often one key may ask: a token bucket for each. Never for each client address: a campus is one address.

use std::collections::HashMap;

use domain::time::Timestamp;
use parking_lot::Mutex;

/// Buckets kept; when there are more, those that are full again are forgotten.
const BUCKETS_MAX: usize = 10_000;
/// Buckets count in thousandths of a request, so that a millisecond adds a whole number.
const PARTS: u64 = 1_000;

/// The buckets of all keys.
#[derive(Debug)]
pub(crate) struct Rates {
    per_s: u64,
    burst: u64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: u64,
    at: Timestamp,
}

impl Rates {
    pub(crate) fn new(per_s: u32, burst: u32) -> Self {
        Self { per_s: per_s.into(), burst: u64::from(burst) * PARTS, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request from `key`'s bucket.
    ///
    /// # Errors
    /// Seconds until there is one again.
    pub(crate) fn take(&self, key: &str, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(key) {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst);
        }
        let full = Bucket { parts: self.burst, at: now };
        let bucket = buckets.entry(key.to_owned()).or_insert(full);
        let parts = self.filled(*bucket, now);
        let left = parts.checked_sub(PARTS);
        *bucket = Bucket { parts: left.unwrap_or(parts), at: now };
        left.map(|_| ()).ok_or_else(|| (PARTS - parts).div_ceil(self.per_s * PARTS).max(1))
    }

    fn filled(&self, bucket: Bucket, now: Timestamp) -> u64 {
        let ms = u64::try_from(now.since(bucket.at).as_millis()).unwrap_or(u64::MAX);
        bucket.parts.saturating_add(ms.saturating_mul(self.per_s)).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rates = Rates::new(10, 2);
        let at = Timestamp::from_ms;
        assert_eq!([rates.take("a", at(0)), rates.take("a", at(0))], [Ok(()), Ok(())]);
        assert_eq!(rates.take("a", at(0)), Err(1));
        assert_eq!(rates.take("b", at(0)), Ok(()), "each key has its own");
        assert_eq!(rates.take("a", at(100)), Ok(()), "ten a second");
        assert_eq!(rates.take("a", at(100)), Err(1));
    }
}
