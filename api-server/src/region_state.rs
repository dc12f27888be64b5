//! Whether the region takes new sandboxes, and how large a machine may be: asked for with every create, so read
//! from the store once a second at most.

use std::sync::Arc;

use domain::provider::Capacity;
use parking_lot::Mutex;
use store::Store;
use tokio::time::Instant;

use crate::limits::REGION_CACHE;

/// The region as it was a moment ago.
#[derive(Debug, Default)]
pub(crate) struct RegionState(Mutex<Option<(Arc<Seen>, Instant)>>);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Why it takes nothing new.
    pub(crate) cordoned: Option<String>,
    /// How much room there is, once the jobrunner has said so.
    pub(crate) capacity: Option<Capacity>,
}

impl RegionState {
    /// The region's state, at most a second old.
    pub(crate) async fn get(&self, store: &Store) -> Result<Arc<Seen>, store::Error> {
        if let Some(seen) = self.fresh() {
            return Ok(seen);
        }
        let region = store.region();
        let seen = Seen { cordoned: region.cordoned().await?, capacity: region.capacity().await? };
        let seen = Arc::new(seen);
        *self.0.lock() = Some((Arc::clone(&seen), Instant::now()));
        Ok(seen)
    }

    /// What was changed here is seen here at once.
    pub(crate) fn forget(&self) {
        *self.0.lock() = None;
    }

    fn fresh(&self) -> Option<Arc<Seen>> {
        let seen = self.0.lock();
        let (seen, at) = seen.as_ref()?;
        (at.elapsed() < REGION_CACHE).then(|| Arc::clone(seen))
    }
}
