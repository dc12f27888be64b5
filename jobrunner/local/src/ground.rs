//! What every operation stands on: the configuration, the folders, the clock, and what this computer can do.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use domain::id::RegionName;
use domain::provider::ResourceId;
use domain::random::Random;
use domain::time::Clock;

use crate::config::{Config, Error, STATE_DIR_BYTES_MAX};
use crate::fence;
use crate::files;
use crate::folders::Folders;
use crate::groups::{self, Groups};

const ID_RANDOM_BYTES: usize = 10;

/// One region on this computer.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) region: RegionName,
    pub(crate) config: Config,
    pub(crate) folders: Folders,
    pub(crate) groups: Box<dyn Groups>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) is_root: bool,
    /// This boot of the computer.
    pub(crate) boot: String,
}

impl Ground {
    /// Checks the state folder and makes what is missing in it.
    pub(crate) fn prepare(
        region: RegionName,
        config: Config,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let is_root = rustix::process::geteuid().is_root();
        check_path(&config.state_dir)?;
        let folders = Folders::new(&config.state_dir, &region);
        make_folders(&folders)?;
        if is_root {
            check_passage(&config.state_dir)?;
        }
        let boot = boot_id()?;
        let fences = folders.fences();
        fence::prune(&folders, clock.now()).map_err(|error| Error::Io { path: fences, error })?;
        Ok(Self { region, config, folders, groups: groups::find(), clock, random, is_root, boot })
    }

    /// Makes files belong to a sandbox's user. There is only one user when this is not root, and they are his.
    pub(crate) fn give(&self, path: &Path, uid: u32) -> io::Result<()> {
        if self.is_root { files::give(path, uid) } else { Ok(()) }
    }

    /// An id that was never used.
    pub(crate) fn new_id(&self) -> ResourceId {
        let mut bytes = [0; ID_RANDOM_BYTES];
        self.random.fill(&mut bytes);
        ResourceId(data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

fn check_path(state: &Path) -> Result<(), Error> {
    let bytes = state.as_os_str().len();
    if bytes > STATE_DIR_BYTES_MAX {
        return Err(Error::StateDirTooLong { bytes });
    }
    if state.is_relative() {
        return Err(Error::StateDirRelative(state.to_owned()));
    }
    Ok(())
}

fn make_folders(folders: &Folders) -> Result<(), Error> {
    let io = |path: &Path, error| Error::Io { path: path.to_owned(), error };
    if let Some(parent) = folders.state().parent() {
        fs::create_dir_all(parent).map_err(|error| io(parent, error))?;
    }
    for folder in folders.all() {
        files::make_folder(&folder).map_err(|error| io(&folder, error))?;
    }
    let passable = fs::Permissions::from_mode(0o711);
    fs::set_permissions(folders.state(), passable).map_err(|error| io(folders.state(), error))
}

/// Users of sandboxes must be able to pass through every folder above.
fn check_passage(state: &Path) -> Result<(), Error> {
    for folder in state.ancestors() {
        let metadata = fs::metadata(folder).map_err(|error| Error::Io { path: folder.to_owned(), error })?;
        if metadata.permissions().mode() & 0o001 == 0 {
            return Err(Error::StateDirClosed(folder.to_owned()));
        }
    }
    Ok(())
}

fn boot_id() -> Result<String, Error> {
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    let text = fs::read_to_string(path).map_err(|error| Error::Io { path: path.to_owned(), error })?;
    Ok(text.trim().to_owned())
}
