//! When manifests were last asked for. Each pull notes it, so it is kept in memory and written down now and then; who
//! chooses what goes sees both.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use parking_lot::Mutex;
use redb::{Durability, ReadableTable as _};

use super::{Catalog, Error, MANIFESTS, USES, Use, storage};
use crate::clock::Milliseconds;
use crate::digest::Digest;

/// Uses that are not written down yet.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    uses: BTreeMap<Digest, Milliseconds>,
    latest_ms: Milliseconds,
}

impl Fresh {
    /// A later use has a later moment, also when the clock went back meanwhile: images go in the order of their uses.
    fn note(&self, digest: &Digest, now_ms: Milliseconds) {
        let mut notes = self.0.lock();
        let used_ms = if now_ms < notes.latest_ms { notes.latest_ms + 1 } else { now_ms };
        notes.latest_ms = used_ms;
        notes.uses.insert(digest.clone(), used_ms);
    }

    fn begin_after(&self, latest_ms: Milliseconds) {
        self.0.lock().latest_ms = latest_ms;
    }

    fn all(&self) -> BTreeMap<Digest, Milliseconds> {
        self.0.lock().uses.clone()
    }

    /// Those that were not noted again meanwhile need not be kept.
    fn written(&self, uses: &BTreeMap<Digest, Milliseconds>) {
        self.0.lock().uses.retain(|digest, used_ms| uses.get(digest) != Some(used_ms));
    }

    pub(super) fn forget(&self, digest: &Digest) {
        self.0.lock().uses.remove(digest);
    }
}

impl Catalog {
    /// Notes that a manifest was asked for now.
    pub fn note_use(&self, digest: &Digest, now_ms: Milliseconds) {
        self.fresh.note(digest, now_ms);
    }

    /// Writes down what was noted. A power cut may lose it.
    ///
    /// # Errors
    /// The disk's; then it is written the next time.
    pub fn flush_uses(&self) -> Result<(), Error> {
        let uses = self.fresh.all();
        if uses.is_empty() {
            return Ok(());
        }
        self.write(Durability::None, |tables, _| {
            let kept = tables.open_table(MANIFESTS).map_err(storage)?;
            let mut table = tables.open_table(USES).map_err(storage)?;
            for (digest, used_ms) in &uses {
                let key = digest.to_string();
                // One that was only described is not kept, and would never be forgotten.
                if kept.get(&*key).map_err(storage)?.is_some() {
                    table.insert(&*key, used_ms).map_err(storage)?;
                }
            }
            Ok(())
        })?;
        self.fresh.written(&uses);
        Ok(())
    }

    /// Goes on after the last use that an earlier life wrote down.
    pub(super) fn resume_uses(&self) -> Result<(), Error> {
        let latest_ms = self.written_uses()?.into_values().max().unwrap_or_default();
        self.fresh.begin_after(latest_ms);
        Ok(())
    }

    pub(super) fn add_uses(&self, images: &mut BTreeMap<Digest, Use>) -> Result<(), Error> {
        // In this order: what is written down between the two is seen twice rather than not at all.
        let fresh = self.fresh.all();
        for (digest, used_ms) in self.written_uses()?.into_iter().chain(fresh) {
            if let Some(image) = images.get_mut(&digest) {
                image.used_ms = image.used_ms.max(used_ms);
            }
        }
        Ok(())
    }

    fn written_uses(&self) -> Result<BTreeMap<Digest, Milliseconds>, Error> {
        let table = self.read()?.open_table(USES).map_err(storage)?;
        let mut uses = BTreeMap::new();
        for row in table.iter().map_err(storage)? {
            let (key, used_ms) = row.map_err(storage)?;
            uses.extend(Digest::from_str(key.value()).ok().map(|digest| (digest, used_ms.value())));
        }
        Ok(uses)
    }
}
