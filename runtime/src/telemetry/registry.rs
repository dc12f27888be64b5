//! The one registry of metrics of a process.

use std::fmt;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use parking_lot::Mutex;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// All our metrics begin with this.
const PREFIX: &str = "qingjiao";

/// The registry of metrics, shared by the components of a process. Cheap to clone.
#[derive(Clone)]
pub struct SharedRegistry(Arc<Mutex<Registry>>);

impl SharedRegistry {
    /// Registers metrics. Names are without the `qingjiao_` prefix and, for counters, without `_total`;
    /// labels come from enums or fixed names only.
    pub fn with<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.0.lock())
    }

    /// All metrics in the OpenMetrics text format.
    ///
    /// # Errors
    /// [`fmt::Error`] when a metric can't be written.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.lock())?;
        Ok(text)
    }
}

impl Default for SharedRegistry {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Registry::with_prefix(PREFIX))))
    }
}

impl fmt::Debug for SharedRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedRegistry")
    }
}

/// The time for a gauge, in seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "a timestamp in a metric is shown, and decides nothing")]
pub(crate) fn unix_now_s() -> f64 {
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).map(|since| since.as_secs_f64()).unwrap_or_default()
}
