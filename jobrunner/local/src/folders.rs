//! Where everything lies below the state folder. Names are made of tags alone, so that every call finds what an
//! earlier one made.

use std::path::{Path, PathBuf};

use domain::id::{MachineName, RegionName, SandboxId};
use domain::provider::{ResourceId, Tags};

/// The state folder as one region sees it.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    state: PathBuf,
    region: PathBuf,
}

impl Folders {
    pub(crate) fn new(state: &Path, region: &RegionName) -> Self {
        Self { state: state.to_owned(), region: state.join("regions").join(region.as_str()) }
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// All folders that must exist before anything else.
    pub(crate) fn all(&self) -> [PathBuf; 9] {
        let regions = self.state.join("regions");
        [
            self.state.clone(),
            regions,
            self.region.clone(),
            self.machines(),
            self.homes(),
            self.fences(),
            self.trash(),
            self.sockets(),
            self.programs(),
        ]
    }

    pub(crate) fn machines(&self) -> PathBuf {
        self.region.join("machines")
    }

    pub(crate) fn machine(&self, tags: &Tags) -> PathBuf {
        self.machines().join(format!("{}.{}.{}", tags.sandbox, tags.machine, tags.incarnation))
    }

    pub(crate) fn homes(&self) -> PathBuf {
        self.region.join("homes")
    }

    pub(crate) fn homes_of(&self, sandbox: &SandboxId) -> PathBuf {
        self.homes().join(sandbox.as_str())
    }

    pub(crate) fn home(&self, sandbox: &SandboxId, machine: &MachineName, generation: u64) -> PathBuf {
        self.homes_of(sandbox).join(machine.as_str()).join(generation.to_string())
    }

    pub(crate) fn fences(&self) -> PathBuf {
        self.region.join("fences")
    }

    /// Outlives its machines, so that a creation which comes too late is recognised.
    pub(crate) fn fence(&self, sandbox: &SandboxId, machine: &MachineName) -> PathBuf {
        self.fences().join(format!("{sandbox}.{machine}"))
    }

    /// Homes that are being removed.
    pub(crate) fn trash(&self) -> PathBuf {
        self.region.join("trash")
    }

    /// Held while room and user ids are counted and given.
    pub(crate) fn room_lock(&self) -> PathBuf {
        self.state.join("room.lock")
    }

    pub(crate) fn uids(&self) -> PathBuf {
        self.state.join("uids")
    }

    pub(crate) fn programs(&self) -> PathBuf {
        self.state.join("bin")
    }

    fn sockets(&self) -> PathBuf {
        self.state.join("s")
    }

    /// The name under which a machine's agent is reached. It is a second name of the socket in the machine's run
    /// folder: short enough for the kernel, and out of reach of whoever is inside the machine.
    pub(crate) fn socket(&self, id: &ResourceId) -> PathBuf {
        self.sockets().join(format!("{}.sock", id.0))
    }

    /// The same before anybody has answered on it.
    pub(crate) fn socket_tried(&self, id: &ResourceId) -> PathBuf {
        self.sockets().join(format!("{}.try", id.0))
    }
}
