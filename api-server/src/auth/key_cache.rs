//! Keys found in the store, believed for a few seconds, so that a busy platform costs no look-up per request.

use std::collections::HashMap;
use std::sync::Arc;

use domain::time::Timestamp;
use parking_lot::Mutex;
use store::{Key, Store};

use crate::limits::{KEY_CACHE, KEY_CACHE_ENTRIES_MAX};

/// Keys by the hash of their text. Unknown keys are not remembered: a new one works at once.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<String, (Arc<Key>, Timestamp)>>);

impl KeyCache {
    /// The key with this hash, from memory or the store.
    pub(crate) async fn find(
        &self,
        store: &Store,
        hash: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Key>>, store::Error> {
        if let Some(key) = self.fresh(hash, now) {
            return Ok(Some(key));
        }
        let found = store.keys().find(hash).await?.map(Arc::new);
        let mut known = self.0.lock();
        match &found {
            Some(key) => {
                if known.len() >= KEY_CACHE_ENTRIES_MAX {
                    known.clear();
                }
                known.insert(hash.to_owned(), (Arc::clone(key), now));
            }
            None => drop(known.remove(hash)),
        }
        Ok(found)
    }

    /// A clock that was set back makes nothing fresh for ever.
    fn fresh(&self, hash: &str, now: Timestamp) -> Option<Arc<Key>> {
        let known = self.0.lock();
        let (key, found_at) = known.get(hash)?;
        (now >= *found_at && now.since(*found_at) < KEY_CACHE).then(|| Arc::clone(key))
    }
}
