//! How much of the disk the catalogue takes, counted as it is written: its file itself never tells, because what was
//! forgotten in it is room for what comes.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use redb::{ReadTransaction, ReadableTable as _};

use super::{Error, MANIFESTS, MEMBERS, TAGS, storage};

/// A row is counted so many times: its page is as large as a power of two, and a change is written beside what it
/// replaces.
const TIMES: u64 = 2;
/// What a row takes besides its key and value, in bytes.
const ROW_BYTES: u64 = 64;

/// The sum over all rows, in bytes.
#[derive(Debug, Default)]
pub(super) struct Weight(AtomicU64);

/// What one change adds and takes away, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) more: u64,
    pub(super) less: u64,
}

impl Weight {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(SeqCst)
    }

    pub(super) fn apply(&self, change: Change) {
        let changed = |bytes: u64| Some((bytes + change.more).saturating_sub(change.less));
        // It always gives something, so there is nothing to fail.
        let _before = self.0.fetch_update(SeqCst, SeqCst, changed);
    }

    /// The sum of what an earlier life kept.
    pub(super) fn read(&self, transaction: &ReadTransaction) -> Result<(), Error> {
        let mut more = 0;
        for row in transaction.open_table(MANIFESTS).map_err(storage)?.iter().map_err(storage)? {
            let (key, value) = row.map_err(storage)?;
            more += manifest(key.value(), value.value());
        }
        for row in transaction.open_table(MEMBERS).map_err(storage)?.iter().map_err(storage)? {
            more += member(row.map_err(storage)?.0.value());
        }
        for row in transaction.open_table(TAGS).map_err(storage)?.iter().map_err(storage)? {
            let (key, value) = row.map_err(storage)?;
            more += tag(key.value(), value.value());
        }
        self.apply(Change { more, less: 0 });
        Ok(())
    }
}

/// A manifest, and the moment of its last use, in bytes.
pub(super) fn manifest(digest: &str, (media_type, bytes): (&str, &[u8])) -> u64 {
    row(digest.len() + media_type.len() + bytes.len()) + row(digest.len())
}

/// That a repository has shown a digest, in bytes.
pub(super) fn member((digest, repository): (&str, &str)) -> u64 {
    row(digest.len() + repository.len())
}

/// What a tag meant, in bytes.
pub(super) fn tag(key: &str, known: &[u8]) -> u64 {
    row(key.len() + known.len())
}

const fn row(bytes: usize) -> u64 {
    TIMES * (bytes as u64 + ROW_BYTES)
}
