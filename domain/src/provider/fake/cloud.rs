//! The outside as a test sees it: what exists, what happened, and what it plans to go wrong.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use super::script::{Call, Effect, Fault};
use super::world::World;
use crate::id::RegionName;
use crate::provider::{Capacity, Ensured, Exit, Inventory, Resource, ResourceId};
use crate::resources::Resources;
use crate::time::Clock;

/// How long things take, by the cloud's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// From creation to running.
    pub start: Duration,
    /// From delete to gone.
    pub removal: Duration,
}

/// Two resources of one machine that were live at the same time: what must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// The one that was there.
    pub first: Resource,
    /// The one that was made beside it.
    pub second: Resource,
}

/// Everything outside a region, for any number of regions and leaders.
#[derive(Debug)]
pub struct Cloud {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    world: World,
    script: BTreeMap<Call, VecDeque<Fault>>,
    calls: BTreeMap<Call, u64>,
    late: Vec<(RegionName, Effect)>,
    /// Raised by each release; a held call waits for the next.
    releases: u64,
    held: Vec<Waker>,
}

impl Cloud {
    /// An empty cloud with much room, in which everything is done at once.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, inner: Mutex::default() })
    }

    /// Sets how much room there is for machines.
    pub fn set_total(&self, total: Resources) {
        self.inner.lock().world.total = total;
    }

    /// Sets how long things take from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.inner.lock().world.timing = timing;
    }

    /// Whether a creation that comes too late is recognised: the same tags after their resource is gone, or an
    /// incarnation below one that was made. On by default; off, it is carried out, as by a cloud without memory.
    pub fn set_remembers(&self, remembers: bool) {
        self.inner.lock().world.remembers = remembers;
    }

    /// Plans a fault for the next call of this kind that has none planned yet.
    pub fn script(&self, call: Call, fault: Fault) {
        self.inner.lock().script.entry(call).or_default().push_back(fault);
    }

    /// Forgets all planned faults.
    pub fn clear_script(&self) {
        self.inner.lock().script.clear();
    }

    /// Lets every call that is held go on; how many.
    pub fn release_held(&self) -> usize {
        let mut inner = self.inner.lock();
        inner.releases += 1;
        let held = std::mem::take(&mut inner.held);
        drop(inner);
        held.iter().for_each(Waker::wake_by_ref);
        held.len()
    }

    /// How many calls stand still.
    pub fn held(&self) -> usize {
        self.inner.lock().held.len()
    }

    /// Carries out what was answered before it was done; how many calls.
    pub fn land_late(&self) -> usize {
        let late = std::mem::take(&mut self.inner.lock().late);
        let count = late.len();
        for (region, effect) in late {
            self.apply(&region, effect);
        }
        count
    }

    /// Takes a resource away without a word, as a node that dies does.
    pub fn vanish(&self, id: &ResourceId) {
        self.inner.lock().world.remove(id);
    }

    /// Ends a machine by itself.
    pub fn exit(&self, id: &ResourceId, exit: Exit) {
        self.inner.lock().world.exit(id, exit);
    }

    /// Puts a resource there that no call made: another region's, or one of a lost database.
    pub fn plant(&self, resource: Resource) {
        let now = self.clock.now();
        self.inner.lock().world.plant(resource, now);
    }

    /// Everything that exists, of every region.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        self.inner.lock().world.list(None, self.clock.now())
    }

    /// Every time that two resources of one machine were live at once; must stay empty.
    #[must_use]
    pub fn doubles(&self) -> Vec<Double> {
        self.inner.lock().world.doubles.clone()
    }

    /// Every resource that a call began to remove, as it was then, in order.
    #[must_use]
    pub fn removals(&self) -> Vec<Resource> {
        self.inner.lock().world.removals.clone()
    }

    /// Ids of other regions' resources that a region asked to delete (nothing was done); must stay empty.
    #[must_use]
    pub fn foreign_deletes(&self) -> Vec<ResourceId> {
        self.inner.lock().world.foreign_deletes.clone()
    }

    /// How often a call was made, with or without success.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.inner.lock().calls.get(&call).copied().unwrap_or(0)
    }

    /// Counts a call and takes the fault planned for it; waits when it is to be held.
    pub(super) async fn begin(&self, call: Call) -> Option<Fault> {
        let (fault, releases) = {
            let mut inner = self.inner.lock();
            *inner.calls.entry(call).or_default() += 1;
            (inner.script.get_mut(&call).and_then(VecDeque::pop_front), inner.releases)
        };
        if fault == Some(Fault::Held) {
            self.held_since(releases).await;
        }
        fault
    }

    async fn held_since(&self, releases: u64) {
        poll_fn(|context| {
            let mut inner = self.inner.lock();
            if inner.releases > releases {
                return Poll::Ready(());
            }
            if !inner.held.iter().any(|waker| waker.will_wake(context.waker())) {
                inner.held.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    pub(super) fn apply(&self, region: &RegionName, effect: Effect) -> Vec<Ensured> {
        let now = self.clock.now();
        let world = &mut self.inner.lock().world;
        match effect {
            Effect::Ensure(members) => {
                members.iter().map(|member| world.ensure(region, member, now)).collect()
            }
            Effect::Delete(ids) => {
                ids.iter().for_each(|id| world.delete(region, id, now));
                Vec::new()
            }
            Effect::KeepHome(id, until) => {
                world.keep_home(region, &id, until);
                Vec::new()
            }
        }
    }

    pub(super) fn postpone(&self, region: RegionName, effect: Effect) {
        self.inner.lock().late.push((region, effect));
    }

    pub(super) fn inventory(&self, region: &RegionName) -> Inventory {
        let as_of = self.clock.now();
        Inventory { as_of, resources: self.inner.lock().world.list(Some(region), as_of) }
    }

    pub(super) fn capacity(&self) -> Capacity {
        let as_of = self.clock.now();
        let mut inner = self.inner.lock();
        let (total, used) = (inner.world.total, inner.world.used(as_of));
        Capacity::of_one_node(as_of, total, used)
    }
}
