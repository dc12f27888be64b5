//! Keys found in the store, believed until one is revoked and for a second at most, so that a busy platform costs no
//! look-up per request.

use std::collections::HashMap;
use std::sync::Arc;

use domain::time::Timestamp;
use parking_lot::Mutex;
use store::{Key, Store, Topic};

use crate::limits::{KEY_CACHE, KEY_CACHE_ENTRIES_MAX};

/// Keys by the hash of their text. Unknown keys are not remembered: a new one works at once.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<String, Found>>);

#[derive(Clone, Debug)]
struct Found {
    key: Arc<Key>,
    at: Timestamp,
    /// How many revocations had been heard of before it was looked up.
    revocations: u64,
}

impl KeyCache {
    /// The key with this hash, from memory or the store.
    pub(crate) async fn find(
        &self,
        store: &Store,
        hash: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Key>>, store::Error> {
        // Counted before the look-up: a revocation between the two is not missed.
        let revocations = store.heard(Topic::Keys);
        if let Some(key) = self.fresh(hash, now, revocations) {
            return Ok(Some(key));
        }
        let found = store.keys().find(hash).await?.map(Arc::new);
        let mut known = self.0.lock();
        match &found {
            Some(key) => {
                if known.len() >= KEY_CACHE_ENTRIES_MAX {
                    known.clear();
                }
                known.insert(hash.to_owned(), Found { key: Arc::clone(key), at: now, revocations });
            }
            None => drop(known.remove(hash)),
        }
        Ok(found)
    }

    /// A clock that was set back makes nothing fresh for ever.
    fn fresh(&self, hash: &str, now: Timestamp, revocations: u64) -> Option<Arc<Key>> {
        let known = self.0.lock();
        let found = known.get(hash).filter(|found| found.revocations == revocations)?;
        (now >= found.at && now.since(found.at) < KEY_CACHE).then(|| Arc::clone(&found.key))
    }
}
