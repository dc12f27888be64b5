//! What is done now and then: uses are written down, and room is made before anybody waits for it.

use std::sync::Arc;
use std::time::Duration;

use runtime::ticker::{Next, Tick};
use runtime::{BoxError, Readiness};

use crate::fills::Fills;
use crate::mirror::Mirror;

/// How often.
pub(crate) const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(10);

/// The component that keeps house.
#[derive(Debug)]
pub(crate) struct Housekeeping {
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) fills: Fills,
    pub(crate) readiness: Readiness,
}

impl Tick for Housekeeping {
    fn name(&self) -> &'static str {
        "mirror-housekeeping"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        let flushed = self.mirror.flush_uses().await;
        // A disk that takes no writes is the one thing that makes a mirror useless; its upstreams' health is not.
        self.readiness.set("mirror", flushed.as_ref().copied());
        flushed?;
        self.fills.bounds().room.tidy().await;
        Ok(Next::Idle)
    }
}
