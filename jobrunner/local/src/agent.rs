//! The agent's program, copied into the state folder: machines keep the one that they were started with.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use crate::files;
use crate::ground::Ground;

/// The copy of the configured program, made now unless it is there.
pub(crate) fn program(ground: &Ground) -> io::Result<PathBuf> {
    let source = &ground.config.agent;
    let metadata = fs::metadata(source).map_err(|error| {
        let text = format!("the agent's program {}: {error}; build it or set `agent`", source.display());
        io::Error::new(error.kind(), text)
    })?;
    let folder = ground.folders.programs();
    let name = format!("agent-{}-{}-{}", metadata.size(), metadata.mtime(), metadata.mtime_nsec());
    let copy = folder.join(&name);
    if copy.exists() {
        return Ok(copy);
    }
    let beside = folder.join(ground.new_id().0);
    fs::copy(source, &beside)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o755))?;
    fs::rename(&beside, &copy)?;
    // Machines that run an older copy keep it: a mounted file lives on without its name.
    let older =
        files::names(&folder)?.into_iter().filter(|other| other.starts_with("agent-") && other != &name);
    older.map(|other| folder.join(other)).try_for_each(|other| files::remove_file(&other))?;
    Ok(copy)
}
