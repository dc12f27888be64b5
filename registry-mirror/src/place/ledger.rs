//! What a folder holds, in memory: the one account that decides who may touch a digest's files.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use super::{Entry, Usage};
use crate::digest::Digest;

/// An open file that readers share; as long as somebody holds it, the blob is in use.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: Arc<File>,
}

/// A part of a blob.
#[derive(Debug)]
pub(super) struct Part {
    /// Of the whole blob.
    pub(super) size: u64,
    /// Whether its full size counts as taken.
    pub(super) reserved: bool,
    /// Whether a fill holds it.
    pub(super) running: bool,
    /// When it was left, in the order of leaving.
    pub(super) left: u64,
}

/// A file of wrong bytes.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) sealed: BTreeMap<Digest, u64>,
    pub(super) parts: BTreeMap<Digest, Part>,
    /// Oldest first.
    pub(super) wrong: VecDeque<Wrong>,
    held: HashMap<Digest, Weak<Held>>,
    sealed_bytes: u64,
    /// Numbers for names and for the order of leaving.
    counter: u64,
}

impl Ledger {
    pub(super) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Numbers given from now on are above `used`.
    pub(super) fn skip_number(&mut self, used: u64) {
        self.counter = self.counter.max(used);
    }

    pub(super) fn add_sealed(&mut self, digest: Digest, size: u64) {
        self.sealed_bytes += size;
        if let Some(before) = self.sealed.insert(digest, size) {
            self.sealed_bytes -= before;
        }
    }

    pub(super) fn take_sealed(&mut self, digest: &Digest) -> Option<u64> {
        let size = self.sealed.remove(digest)?;
        self.sealed_bytes -= size;
        self.held.remove(digest);
        Some(size)
    }

    pub(super) fn held(&self, digest: &Digest) -> Option<Arc<Held>> {
        self.held.get(digest)?.upgrade()
    }

    pub(super) fn hold(&mut self, digest: &Digest, file: Arc<File>) -> Arc<Held> {
        let held = Arc::new(Held { file });
        self.held.insert(digest.clone(), Arc::downgrade(&held));
        held
    }

    /// Forgets files that nobody reads, when there are many.
    pub(super) fn forget_unused(&mut self) {
        if self.held.len() > 1024 {
            self.held.retain(|_, held| held.strong_count() > 0);
        }
    }

    pub(super) fn is_held(&self, digest: &Digest) -> bool {
        self.held.get(digest).is_some_and(|held| held.strong_count() > 0)
    }

    pub(super) fn list(&self) -> Vec<Entry> {
        let entry = |(digest, size): (&Digest, &u64)| Entry {
            digest: digest.clone(),
            size: *size,
            in_use: self.is_held(digest),
        };
        self.sealed.iter().map(entry).collect()
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            sealed_bytes: self.sealed_bytes,
            partial_bytes: self.parts.values().filter(|part| part.reserved).map(|part| part.size).sum(),
            quarantine_bytes: self.wrong.iter().map(|wrong| wrong.size).sum(),
            catalog_bytes: 0,
        }
    }

    /// The part that was left first, among those that nobody continues.
    pub(super) fn oldest_left(&self) -> Option<(Digest, u64)> {
        let left = self.parts.iter().filter(|(_, part)| !part.running);
        left.min_by_key(|(_, part)| part.left).map(|(digest, part)| (digest.clone(), part.size))
    }
}
