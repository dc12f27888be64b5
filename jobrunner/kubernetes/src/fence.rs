//! What this process has made and removed, so that a creation which comes too late makes nothing.
//!
//! The cluster itself sees to it that there are never two pods of one machine, because they have the same name. This
//! memory covers what is left: the same process asking again after it removed the machine.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::cause::Code;
use domain::id::{MachineName, SandboxId};
use domain::provider::{Error, ResourceId, Tags};
use domain::time::Timestamp;
use parking_lot::Mutex;

/// How long a machine is remembered.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Machines beyond which old ones are forgotten.
const FORGET_BEYOND: usize = 10_000;

/// Machines by sandbox and name.
#[derive(Debug, Default)]
pub(crate) struct Fence(Mutex<BTreeMap<(SandboxId, MachineName), Last>>);

#[derive(Clone, Debug)]
struct Last {
    incarnation: u64,
    id: ResourceId,
    is_removed: bool,
    at: Timestamp,
}

impl Fence {
    /// Whether a machine may be made now: none if so, its id if it was made and removed already.
    ///
    /// # Errors
    /// A later incarnation was made.
    pub(crate) fn check(&self, tags: &Tags) -> Result<Option<ResourceId>, Error> {
        match self.0.lock().get(&key(tags)) {
            Some(last) if last.incarnation > tags.incarnation => Err(too_late()),
            Some(last) if last.incarnation == tags.incarnation && last.is_removed => {
                Ok(Some(last.id.clone()))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Notes that a machine was made.
    pub(crate) fn note_made(&self, tags: &Tags, id: &ResourceId, now: Timestamp) {
        let mut all = self.0.lock();
        if all.len() > FORGET_BEYOND {
            all.retain(|_, last| now.since(last.at) < KEPT);
        }
        let last = Last { incarnation: tags.incarnation, id: id.clone(), is_removed: false, at: now };
        match all.get(&key(tags)) {
            Some(known) if known.incarnation >= tags.incarnation => (),
            Some(_) | None => drop(all.insert(key(tags), last)),
        }
    }

    /// Notes that a machine is being removed, before it is.
    pub(crate) fn note_removal(&self, tags: &Tags, id: &ResourceId, now: Timestamp) {
        self.note_made(tags, id, now);
        if let Some(last) = self.0.lock().get_mut(&key(tags)).filter(|last| &last.id == id) {
            last.is_removed = true;
        }
    }

    /// Whether this process asked for the removal of this machine.
    pub(crate) fn is_removed(&self, tags: &Tags, id: &ResourceId) -> bool {
        self.0.lock().get(&key(tags)).is_some_and(|last| &last.id == id && last.is_removed)
    }
}

/// What a creation hears that a later one has overtaken.
pub(crate) fn too_late() -> Error {
    let detail = "a later incarnation of this machine was made already".to_owned();
    Error::Rejected { code: Code::MachineLost, detail }
}

fn key(tags: &Tags) -> (SandboxId, MachineName) {
    (tags.sandbox.clone(), tags.machine.clone())
}

#[cfg(test)]
mod tests {
    use domain::provider::StoreEpoch;

    use super::*;

    fn tags(incarnation: u64) -> Tags {
        Tags {
            region: "bj".parse().unwrap(),
            epoch: StoreEpoch("E7".to_owned()),
            sandbox: "bj-abcdefghij234567".parse().unwrap(),
            machine: "main".parse().unwrap(),
            incarnation,
            creation_number: 41,
        }
    }

    #[test]
    fn late_creations_are_told_apart() {
        let (fence, now) = (Fence::default(), Timestamp::from_ms(1));
        let [two, three] = ["two", "three"].map(|id| ResourceId(id.to_owned()));
        assert_eq!(fence.check(&tags(2)), Ok(None));
        fence.note_made(&tags(2), &two, now);
        assert_eq!(fence.check(&tags(2)), Ok(None), "a repeat finds it in the cluster");
        assert_eq!(fence.check(&tags(1)), Err(too_late()));
        fence.note_removal(&tags(2), &two, now);
        assert!(fence.is_removed(&tags(2), &two));
        assert_eq!(fence.check(&tags(2)), Ok(Some(two.clone())));
        fence.note_made(&tags(3), &three, now);
        assert_eq!(fence.check(&tags(3)), Ok(None));
        assert_eq!(fence.check(&tags(2)), Err(too_late()));
        assert!(!fence.is_removed(&tags(2), &two));
    }
}
