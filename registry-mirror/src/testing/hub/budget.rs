//! A pull budget as Docker Hub announces it.

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use parking_lot::Mutex;

const WINDOW_S: u64 = 6 * 3600;

#[derive(Debug)]
pub(super) struct Pulls {
    limit: Option<u64>,
    left: Mutex<u64>,
}

impl Pulls {
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self { limit, left: Mutex::new(limit.unwrap_or_default()) }
    }

    pub(super) fn set(&self, left: u64) {
        *self.left.lock() = left;
    }

    /// Takes one pull; false when none is left.
    pub(super) fn take(&self) -> bool {
        if self.limit.is_none() {
            return true;
        }
        let mut left = self.left.lock();
        let some = *left > 0;
        *left = left.saturating_sub(1);
        some
    }

    pub(super) fn announce(&self, headers: &mut HeaderMap) {
        let Some(limit) = self.limit else { return };
        let left = *self.left.lock();
        for (name, value) in [("ratelimit-limit", limit), ("ratelimit-remaining", left)] {
            if let Ok(value) = HeaderValue::from_str(&format!("{value};w={WINDOW_S}")) {
                headers.insert(name, value);
            }
        }
    }
}
