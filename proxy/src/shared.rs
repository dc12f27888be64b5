//! What all requests of a proxy share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::time::Clock;
use runtime::Stop;

use crate::access::Cookies;
use crate::activity::Activity;
use crate::api::Api;
use crate::metrics::Metrics;
use crate::pull::Pulls;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::table::Table;

/// What all requests of a proxy share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) table: Arc<Table>,
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) api: Arc<Api>,
    pub(crate) pulls: Pulls,
    pub(crate) activity: Arc<Activity>,
    pub(crate) sessions: Sessions,
    pub(crate) metrics: Metrics,
    pub(crate) request_ids: RequestIds,
    pub(crate) stop: Stop,
}

/// Ids that tell requests apart in logs and problems.
#[derive(Debug)]
pub(crate) struct RequestIds {
    /// Different for each life of each proxy.
    life: u64,
    last: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(life: u64) -> Self {
        Self { life, last: AtomicU64::new(0) }
    }

    pub(crate) fn next(&self) -> String {
        format!("{:08x}-{:x}", self.life & 0xffff_ffff, self.last.fetch_add(1, Ordering::Relaxed))
    }
}
