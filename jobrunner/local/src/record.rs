//! What is written down of machines and homes, each in its own folder.

use std::io;
use std::path::{Path, PathBuf};

use domain::provider::{Kind, Resource, ResourceId, State, Tags};
use domain::resources::Resources;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::files;

const MACHINE_FILE: &str = "machine.json";
const HOME_FILE: &str = "home.json";

/// A machine, written before it is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MachineRecord {
    pub(crate) id: ResourceId,
    pub(crate) tags: Tags,
    pub(crate) created_at: Timestamp,
    pub(crate) resources: Resources,
    /// Which home it mounts, if any.
    pub(crate) home_generation: Option<u64>,
    /// The user that it runs as on this computer.
    pub(crate) uid: u32,
    /// Its control groups, to be removed with it.
    pub(crate) groups: Vec<PathBuf>,
    /// The boot of this computer in which it was started: process ids of another one mean nothing.
    pub(crate) boot: String,
}

/// A home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HomeRecord {
    pub(crate) id: ResourceId,
    pub(crate) tags: Tags,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    /// Removed as soon as no machine mounts it.
    pub(crate) deleting: bool,
    pub(crate) uid: u32,
}

impl MachineRecord {
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        files::read_json(&folder.join(MACHINE_FILE))
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        files::write_json(&folder.join(MACHINE_FILE), self)
    }
}

impl HomeRecord {
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        files::read_json(&folder.join(HOME_FILE))
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        files::write_json(&folder.join(HOME_FILE), self)
    }

    pub(crate) fn resource(self) -> Resource {
        Resource {
            id: self.id,
            kind: Kind::Home,
            tags: self.tags,
            state: if self.deleting { State::Deleting } else { State::Running },
            address: None,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }
}
