//! What the provider is told, and what can be wrong with it.

use std::path::PathBuf;

use domain::resources::Resources;
use serde::{Deserialize, Serialize};

/// Longest path of the state folder in bytes, so that a socket below it (`/s/<16 characters>.sock`) fits the 107
/// bytes that the kernel takes.
pub(crate) const STATE_DIR_BYTES_MAX: usize = 107 - "/s/".len() - 16 - ".sock".len();

const UIDS_FIRST: u32 = 200_000;
const UIDS_COUNT: u32 = 10_000;

/// How machines run on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of machines, homes and sockets. As root, every user must be able to pass through it, because
    /// machines run under users of their own.
    pub state_dir: PathBuf,
    /// The agent's program. It is copied into the state folder, so that a newer one does not disturb old machines.
    pub agent: PathBuf,
    /// How much machines may use together; by default all of this computer's CPUs and memory.
    #[serde(default)]
    pub capacity: Option<Resources>,
    /// First of the user ids that sandboxes get, one each, when running as root. Two state folders on one computer
    /// need ranges that do not overlap.
    #[serde(default = "default_uids_first")]
    pub uids_first: u32,
    /// How many user ids there are.
    #[serde(default = "default_uids_count")]
    pub uids_count: u32,
    /// Folders besides `/usr` that every machine sees, read-only, at the same place.
    #[serde(default)]
    pub shared_folders: Vec<PathBuf>,
}

const fn default_uids_first() -> u32 {
    UIDS_FIRST
}

const fn default_uids_count() -> u32 {
    UIDS_COUNT
}

impl Config {
    /// The defaults, with these places.
    #[must_use]
    pub const fn new(state_dir: PathBuf, agent: PathBuf) -> Self {
        Self {
            state_dir,
            agent,
            capacity: None,
            uids_first: UIDS_FIRST,
            uids_count: UIDS_COUNT,
            shared_folders: Vec::new(),
        }
    }
}

/// Why machines cannot run here at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A socket below it could not be reached.
    #[error(
        "state_dir is {bytes} bytes long and may have at most {STATE_DIR_BYTES_MAX}, because sockets lie below it: choose a shorter path"
    )]
    StateDirTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A relative path would be another folder after a restart elsewhere.
    #[error("state_dir must be an absolute path, but is {0}")]
    StateDirRelative(PathBuf),
    /// Users of sandboxes cannot reach what lies below.
    #[error(
        "state_dir lies below {0}, through which other users may not pass, but machines run under users of their own: choose a folder such as /var/lib/qingjiao, or allow it with `chmod o+x`"
    )]
    StateDirClosed(PathBuf),
    /// Something about a path of the configuration.
    #[error("{path}: {error}")]
    Io {
        /// Which path.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}
