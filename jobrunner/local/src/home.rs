//! Homes: folders that outlive machines. The caller holds the room lock, but for reading.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use domain::provider::{MachineSpec, ResourceId, Tags};
use domain::time::Timestamp;

use crate::files;
use crate::ground::Ground;
use crate::record::{HomeRecord, MachineRecord};
use crate::uids;

/// The part of a home's folder that machines see.
pub(crate) const FILES: &str = "files";
/// Files that every new home begins with.
const SKELETON: [&str; 3] = [".bashrc", ".profile", ".bash_logout"];

/// Makes the home that a machine mounts, unless it is there. False when it is being removed.
pub(crate) fn ensure(ground: &Ground, spec: &MachineSpec, uid: u32) -> io::Result<bool> {
    let tags = Tags { incarnation: spec.home_generation, ..spec.tags.clone() };
    let folder = ground.folders.home(&tags.sandbox, &tags.machine, spec.home_generation);
    if let Some(home) = HomeRecord::read(&folder)? {
        if home.uid != uid {
            ground.give(&folder.join(FILES), uid)?;
            HomeRecord { uid, ..home.clone() }.write(&folder)?;
        }
        return Ok(!home.deleting);
    }
    let parents: Vec<_> = folder.ancestors().take(3).collect();
    parents.into_iter().rev().try_for_each(files::make_folder)?;
    fill(&folder.join(FILES))?;
    ground.give(&folder.join(FILES), uid)?;
    let (id, created_at) = (ground.new_id(), ground.clock.now());
    HomeRecord { id, tags, created_at, expires_at: None, deleting: false, uid }.write(&folder)?;
    Ok(true)
}

fn fill(files: &Path) -> io::Result<()> {
    crate::files::make_folder(files)?;
    fs::set_permissions(files, fs::Permissions::from_mode(0o700))?;
    for name in SKELETON {
        crate::files::found(fs::copy(Path::new("/etc/skel").join(name), files.join(name)))?;
    }
    Ok(())
}

/// Every home of the region with its folder.
pub(crate) fn all(ground: &Ground) -> io::Result<Vec<(PathBuf, HomeRecord)>> {
    let mut homes = Vec::new();
    for sandbox in within(&ground.folders.homes())? {
        for machine in within(&sandbox)? {
            for folder in within(&machine)? {
                match HomeRecord::read(&folder) {
                    Ok(Some(home)) if home.tags.region == ground.region => homes.push((folder, home)),
                    Ok(_) => (),
                    Err(error) => tracing::warn!(folder = %folder.display(), %error, "a home cannot be read"),
                }
            }
        }
    }
    Ok(homes)
}

fn within(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(files::names(folder)?.into_iter().map(|name| folder.join(name)).collect())
}

/// Sets when a home may be swept; one that is gone is no error.
pub(crate) fn keep(ground: &Ground, id: &ResourceId, until: Option<Timestamp>) -> io::Result<()> {
    let _room = files::lock(&ground.folders.room_lock())?;
    match all(ground)?.into_iter().find(|(_, home)| &home.id == id) {
        Some((folder, home)) => HomeRecord { expires_at: until, ..home }.write(&folder),
        None => Ok(()),
    }
}

/// Removes a home, or notes that it is to be removed when the machine that mounts it is gone.
pub(crate) fn remove(ground: &Ground, folder: &Path, home: &HomeRecord) -> io::Result<()> {
    let room = files::lock(&ground.folders.room_lock())?;
    if is_mounted(ground, home)? {
        return HomeRecord { deleting: true, ..home.clone() }.write(folder);
    }
    let trash = ground.folders.trash().join(&home.id.0);
    files::found(fs::rename(folder, &trash))?;
    for parent in folder.ancestors().skip(1).take(2) {
        // One that still holds other homes stays.
        let _ = fs::remove_dir(parent);
    }
    uids::release(ground, &home.tags.sandbox, home.uid)?;
    drop(room);
    // May take long: nothing waits for it, and the next list finishes what a crash leaves.
    files::remove_tree(&trash)
}

/// Removes what an earlier removal left.
pub(crate) fn empty_trash(ground: &Ground) -> io::Result<()> {
    within(&ground.folders.trash())?.iter().try_for_each(|home| files::remove_tree(home))
}

fn is_mounted(ground: &Ground, home: &HomeRecord) -> io::Result<bool> {
    let (tags, machines) = (&home.tags, ground.folders.machines());
    let prefix = format!("{}.{}.", tags.sandbox, tags.machine);
    for name in files::names(&machines)?.into_iter().filter(|name| name.starts_with(&prefix)) {
        let machine = MachineRecord::read(&machines.join(name))?;
        if machine.is_some_and(|machine| machine.home_generation == Some(tags.incarnation)) {
            return Ok(true);
        }
    }
    Ok(false)
}
