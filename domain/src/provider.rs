//! The contract that everything which runs machines fulfils, and the words it is written in.

mod capacity;
#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod fake;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
pub use capacity::{Capacity, Nodes};
use serde::{Deserialize, Serialize};

use crate::id::{MachineName, RegionName, SandboxId, TenantId};
use crate::template;
use crate::time::Timestamp;

/// The provider's own id of a resource (a pod's uid, an instance id): never only a name, which can be taken again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId(pub String);

/// A batch of machines asked for together, and which try it is; the idempotency token is derived from both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BatchId {
    /// Stored on the machine rows before the call.
    pub id: String,
    /// From 1; a new one only when the last is known to have failed.
    pub attempt: u32,
}

/// The store's epoch that a resource was made under: `E7`. A restored database gets a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoreEpoch(pub String);

/// Where an agent listens: `unix:PATH` or `tcp:ADDRESS:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address(pub String);

/// Who a resource belongs to, written on the resource itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tags {
    /// The region.
    pub region: RegionName,
    /// The store's epoch at its creation.
    pub epoch: StoreEpoch,
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// Its machine.
    pub machine: MachineName,
    /// For a machine its incarnation, for a home its home generation.
    pub incarnation: u64,
    /// From the store's one counter.
    pub creation_number: u64,
}

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A machine: pod, instance, process.
    Machine,
    /// A home: volume, disk, folder.
    Home,
}

/// One resource as a provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The provider's id.
    pub id: ResourceId,
    /// What it is.
    pub kind: Kind,
    /// Whose it is. A resource whose tags cannot be read is not listed: it is not ours to touch.
    pub tags: Tags,
    /// What it does.
    pub state: State,
    /// Where its agent listens, once known.
    pub address: Option<Address>,
    /// When the provider made it.
    pub created_at: Timestamp,
    /// After this moment it may be swept although it has an owner no more (homes: the expiry tag).
    pub expires_at: Option<Timestamp>,
}

/// What a resource does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Made but not running yet; with what it waits for, when the provider says so.
    Pending(Option<Wait>),
    /// Running.
    Running,
    /// Ended by itself.
    Exited(Exit),
    /// Being removed.
    Deleting,
}

/// What a machine that does not run yet waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The cause in the catalogue.
    pub code: crate::cause::Code,
    /// What is missing in a short sentence for people, when the provider knows more than the code says. Without
    /// secrets and without anything that a machine printed. It changes only when what is missing does, since people
    /// are told of each change.
    pub detail: Option<String>,
}

impl From<crate::cause::Code> for Wait {
    fn from(code: crate::cause::Code) -> Self {
        Self { code, detail: None }
    }
}

/// How a machine ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// Exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Signal number, if it was ended by one.
    pub signal: Option<i32>,
    /// Its last lines of output.
    pub last_lines: Vec<String>,
    /// Why, when the provider knows more than that it ended: out of memory, evicted, its node lost.
    pub cause: Option<crate::cause::Code>,
}

/// Everything a provider needs to make one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineSpec {
    /// Whose it is; external names are made of these.
    pub tags: Tags,
    /// The school, for placement and accounting tags.
    pub tenant: TenantId,
    /// What runs, by the template.
    pub machine: template::Machine,
    /// The sandbox's other machines, which it finds by their names and reaches.
    pub peers: Vec<MachineName>,
    /// What it may reach.
    pub network: template::Network,
    /// Which home to mount, when the machine has one.
    pub home_generation: u64,
    /// The resource's own deadline, in seconds after its creation: it ends by itself then.
    pub deadline_s: u64,
    /// The region's public keys: what its agent verifies tokens with. Key id to base64url of 32 bytes.
    pub agent_keys: BTreeMap<String, String>,
}

/// Machines asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Stored before the call.
    pub id: BatchId,
    /// At most [`Limits::batch_members`].
    pub members: Vec<MachineSpec>,
}

/// What a provider says of one member of a batch.
pub type Ensured = Result<ResourceId, Error>;

/// A fresh and complete list of the region's resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Everything that existed before this moment and still exists is in the list.
    pub as_of: Timestamp,
    /// The resources.
    pub resources: Vec<Resource>,
}

/// A provider's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most members of one batch.
    pub batch_members: usize,
    /// Most calls under way at once.
    pub concurrent_calls: usize,
}

/// Why a provider did not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No room; nothing was made.
    #[error("no room{}", .detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    NoCapacity {
        /// What is missing in a short sentence for people, when the provider knows. Without secrets.
        detail: Option<String>,
    },
    /// Asked too often; nothing was made.
    #[error("throttled")]
    Throttled {
        /// Seconds to wait, when the provider said so.
        retry_after_s: Option<u64>,
    },
    /// Refused for good; nothing was made, and asking again gives the same.
    #[error("refused: {detail}")]
    Rejected {
        /// The cause in the catalogue.
        code: crate::cause::Code,
        /// The provider's words, without secrets.
        detail: String,
    },
    /// No answer, or one that does not tell: it may or may not have been done.
    #[error("unavailable: {detail}")]
    Unavailable {
        /// What went wrong, without secrets.
        detail: String,
    },
}

/// Something that runs machines.
///
/// Guarantees that every implementation gives, and that [`conformance`] checks:
/// 1. External names and tags are made of [`Tags`] alone, so every call may be repeated: the same batch and attempt
///    never makes a second resource for a member, also when an earlier call's answer was lost.
/// 2. A resource is listed by every [`Provider::list`] that begins after the call which made it has returned.
/// 3. `delete` names ids; a resource made later under the same tags is never hit. Deleting what is gone succeeds.
/// 4. `list` is complete or fails: half a list is an [`Error::Unavailable`].
/// 5. Nothing that does not carry this region's tags is listed or touched.
/// 6. Calls return soon: making and removing go on behind them and show in `list`.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// The kind of machine it runs: `container`, `vm` or `process`.
    fn runs(&self) -> &'static str;

    /// Its limits.
    fn limits(&self) -> Limits;

    /// Makes the members that do not exist yet. Answers in the members' order, one for each.
    async fn ensure(&self, batch: &Batch) -> Vec<Ensured>;

    /// Begins to remove resources of either kind. A machine's home is not removed with it.
    ///
    /// # Errors
    /// [`Error::Throttled`] or [`Error::Unavailable`]; some may have been removed.
    async fn delete(&self, resources: &[ResourceId]) -> Result<(), Error>;

    /// Every resource of this region.
    ///
    /// # Errors
    /// [`Error::Throttled`] or [`Error::Unavailable`], never half a list.
    async fn list(&self) -> Result<Inventory, Error>;

    /// Sets the moment after which a home may be swept; `None` keeps it.
    ///
    /// # Errors
    /// As [`Provider::delete`]. A home that is gone is no error.
    async fn keep_home(&self, home: &ResourceId, until: Option<Timestamp>) -> Result<(), Error>;

    /// How much room there is.
    ///
    /// # Errors
    /// [`Error::Throttled`] or [`Error::Unavailable`].
    async fn capacity(&self) -> Result<Capacity, Error>;

    /// Waits until something may have changed; only wakes a tick. The default never does: polling is the truth.
    async fn changed(&self) {
        std::future::pending().await
    }
}
