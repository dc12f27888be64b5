//! The resources that exist and the rules by which they come and go. Knows no faults: those are the script's.

use std::collections::BTreeMap;

use super::cloud::{Double, Timing};
use crate::cause::Code;
use crate::id::{MachineName, RegionName, SandboxId};
use crate::provider::{Address, Ensured, Error, Exit, Kind, MachineSpec, Resource, ResourceId, State, Tags};
use crate::resources::Resources;
use crate::time::Timestamp;

const ROOMY: Resources = Resources {
    cpu_millis: 1_000_000_000,
    memory_mib: 1_000_000_000,
    disk_mib: 1_000_000_000,
    gpus: 1_000_000,
};

/// What names a resource for ever: its place among the tags.
type Key = (RegionName, Kind, SandboxId, MachineName, u64);

#[derive(Debug)]
pub(super) struct World {
    pub(super) total: Resources,
    pub(super) timing: Timing,
    pub(super) remembers: bool,
    pub(super) doubles: Vec<Double>,
    pub(super) removals: Vec<Resource>,
    pub(super) foreign_deletes: Vec<ResourceId>,
    items: BTreeMap<ResourceId, Item>,
    made: BTreeMap<Key, ResourceId>,
    counter: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            total: ROOMY,
            timing: Timing::default(),
            remembers: true,
            doubles: Vec::new(),
            removals: Vec::new(),
            foreign_deletes: Vec::new(),
            items: BTreeMap::new(),
            made: BTreeMap::new(),
            counter: 0,
        }
    }
}

/// A resource and when its state changes by itself.
#[derive(Clone, Debug)]
struct Item {
    resource: Resource,
    uses: Resources,
    runs_at: Timestamp,
    ends_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
}

impl Item {
    /// The resource as it is at `now`.
    fn advance(&mut self, now: Timestamp) {
        let resource = &mut self.resource;
        if matches!(resource.state, State::Pending(_)) && now >= self.runs_at {
            resource.state = State::Running;
            resource.address = Some(Address(format!("fake:{}", resource.id.0)));
        }
        let ends = self.ends_at.is_some_and(|at| now >= at);
        if ends && matches!(resource.state, State::Pending(_) | State::Running) {
            resource.state = State::Exited(Exit { signal: Some(9), ..Exit::default() });
        }
    }

    fn is_live(&self) -> bool {
        self.resource.kind == Kind::Machine && !matches!(self.resource.state, State::Exited(_))
    }
}

fn key(tags: &Tags, kind: Kind) -> Key {
    (tags.region.clone(), kind, tags.sandbox.clone(), tags.machine.clone(), tags.incarnation)
}

impl World {
    /// Lets time do what it does: starts, deadlines, removals.
    fn advance(&mut self, now: Timestamp) {
        self.items.retain(|_, item| item.gone_at.is_none_or(|at| now < at));
        self.items.values_mut().for_each(|item| item.advance(now));
    }

    pub(super) fn ensure(&mut self, region: &RegionName, spec: &MachineSpec, now: Timestamp) -> Ensured {
        self.advance(now);
        self.check(region, spec)?;
        if let Some(id) = self.known(&key(&spec.tags, Kind::Machine)) {
            return Ok(id);
        }
        if self.remembers && self.made_later(&spec.tags) {
            let detail = "a later incarnation of this machine was made already".to_owned();
            return Err(Error::Rejected { code: Code::MachineLost, detail });
        }
        let free = self.total.minus(self.used(now));
        if !spec.machine.resources.fits(free) {
            return Err(Error::NoCapacity { detail: spec.machine.resources.lacking(free) });
        }
        if spec.machine.home.is_some() {
            self.ensure_home(Tags { incarnation: spec.home_generation, ..spec.tags.clone() }, now)?;
        }
        let id = self.make(Kind::Machine, spec.tags.clone(), spec.machine.resources, now);
        if let Some(item) = self.items.get_mut(&id) {
            item.ends_at = Some(now.plus_s(spec.deadline_s));
        }
        Ok(id)
    }

    /// A home may be made again after it was swept: nobody's late call makes one without its machine.
    fn ensure_home(&mut self, tags: Tags, now: Timestamp) -> Result<(), Error> {
        let there = self.made.get(&key(&tags, Kind::Home)).and_then(|id| self.items.get(id));
        match there.map(|item| item.gone_at.is_some()) {
            Some(true) => Err(Error::Unavailable { detail: "its home is being removed".to_owned() }),
            Some(false) => Ok(()),
            None => {
                self.make(Kind::Home, tags, Resources::default(), now);
                Ok(())
            }
        }
    }

    fn check(&self, region: &RegionName, spec: &MachineSpec) -> Result<(), Error> {
        let rejected = |detail: String| Err(Error::Rejected { code: Code::MachineRejected, detail });
        if &spec.tags.region != region {
            return rejected(format!("region {} asked for a machine of {}", region, spec.tags.region));
        }
        if let Some(placement) = &spec.machine.placement {
            return rejected(format!("placement is {placement}, but this region has none"));
        }
        match spec.machine.resources.first_excess(self.total) {
            Some(field) => rejected(format!("{field} is more than there is in all")),
            None => Ok(()),
        }
    }

    /// The resource that was made under this key; one that is gone counts while the cloud remembers.
    fn known(&self, key: &Key) -> Option<ResourceId> {
        self.made.get(key).filter(|id| self.remembers || self.items.contains_key(*id)).cloned()
    }

    fn made_later(&self, tags: &Tags) -> bool {
        let from = key(tags, Kind::Machine);
        self.made
            .range(from.clone()..)
            .take_while(|(key, _)| same_machine(key, &from))
            .any(|(key, _)| key != &from)
    }

    fn make(&mut self, kind: Kind, tags: Tags, uses: Resources, now: Timestamp) -> ResourceId {
        self.counter += 1;
        let id = ResourceId(format!("fake-{}", self.counter));
        let resource = Resource {
            id: id.clone(),
            kind,
            tags,
            state: if kind == Kind::Home { State::Running } else { State::Pending(None) },
            address: None,
            created_at: now,
            expires_at: None,
        };
        let runs_at = now + self.timing.start;
        self.put(Item { resource, uses, runs_at, ends_at: None, gone_at: None }, now);
        id
    }

    fn put(&mut self, mut item: Item, now: Timestamp) {
        item.advance(now);
        let key = key(&item.resource.tags, item.resource.kind);
        let beside = self.items.values().filter(|other| other.is_live() && item.is_live());
        let beside =
            beside.filter(|other| same_machine(&self::key(&other.resource.tags, Kind::Machine), &key));
        let doubles: Vec<_> = beside
            .map(|other| Double { first: other.resource.clone(), second: item.resource.clone() })
            .collect();
        self.doubles.extend(doubles);
        self.made.insert(key, item.resource.id.clone());
        self.items.insert(item.resource.id.clone(), item);
    }

    pub(super) fn plant(&mut self, resource: Resource, now: Timestamp) {
        let runs_at = now + self.timing.start;
        self.put(Item { resource, uses: Resources::default(), runs_at, ends_at: None, gone_at: None }, now);
    }

    pub(super) fn delete(&mut self, region: &RegionName, id: &ResourceId, now: Timestamp) {
        self.advance(now);
        let gone_at = now + self.timing.removal;
        let Some(item) = self.items.get_mut(id) else { return };
        if &item.resource.tags.region != region {
            self.foreign_deletes.push(id.clone());
            return;
        }
        if item.gone_at.is_none() {
            self.removals.push(item.resource.clone());
            item.gone_at = Some(gone_at);
            item.resource.state = State::Deleting;
        }
        self.advance(now);
    }

    pub(super) fn keep_home(&mut self, region: &RegionName, id: &ResourceId, until: Option<Timestamp>) {
        let home = self.items.get_mut(id).map(|item| &mut item.resource);
        if let Some(home) = home.filter(|home| home.kind == Kind::Home && &home.tags.region == region) {
            home.expires_at = until;
        }
    }

    pub(super) fn list(&mut self, region: Option<&RegionName>, now: Timestamp) -> Vec<Resource> {
        self.advance(now);
        let resources = self.items.values().map(|item| &item.resource);
        resources
            .filter(|resource| region.is_none_or(|region| &resource.tags.region == region))
            .cloned()
            .collect()
    }

    pub(super) fn used(&mut self, now: Timestamp) -> Resources {
        self.advance(now);
        self.items.values().filter(|item| item.is_live()).map(|item| item.uses).sum()
    }

    pub(super) fn remove(&mut self, id: &ResourceId) {
        self.items.remove(id);
    }

    pub(super) fn exit(&mut self, id: &ResourceId, exit: Exit) {
        let machine = self.items.get_mut(id).filter(|item| item.gone_at.is_none() && item.is_live());
        if let Some(item) = machine {
            item.resource.state = State::Exited(exit);
        }
    }
}

/// Whether two keys are of one machine, in whatever incarnation.
fn same_machine(one: &Key, other: &Key) -> bool {
    (&one.0, one.1, &one.2, &one.3) == (&other.0, other.1, &other.2, &other.3)
}
