//! User ids of this computer, one for each sandbox while it has a machine or a home. The caller holds the room lock.

use std::fs;
use std::io;

use domain::id::{RegionName, SandboxId};

use crate::files;
use crate::ground::Ground;

/// The user id of a sandbox, given now unless it has one. None when all are taken.
pub(crate) fn of_sandbox(ground: &Ground, sandbox: &SandboxId) -> io::Result<Option<u32>> {
    if !ground.is_root {
        return Ok(Some(rustix::process::geteuid().as_raw()));
    }
    let folder = ground.folders.uids();
    files::make_folder(&folder)?;
    let owner = owner(&ground.region, sandbox);
    let mut taken = std::collections::BTreeSet::new();
    for uid in files::names(&folder)?.iter().filter_map(|name| name.parse::<u32>().ok()) {
        if fs::read_to_string(folder.join(uid.to_string()))? == owner {
            return Ok(Some(uid));
        }
        taken.insert(uid);
    }
    let first = ground.config.uids_first;
    let mut all = first..first.saturating_add(ground.config.uids_count);
    let Some(free) = all.find(|uid| !taken.contains(uid)) else { return Ok(None) };
    fs::write(folder.join(free.to_string()), owner)?;
    Ok(Some(free))
}

/// Takes back the user id of a sandbox that has neither machines nor homes any more.
pub(crate) fn release(ground: &Ground, sandbox: &SandboxId, uid: u32) -> io::Result<()> {
    let prefix = format!("{sandbox}.");
    let has_machines = files::names(&ground.folders.machines())?.iter().any(|name| name.starts_with(&prefix));
    if !ground.is_root || has_machines || !files::names(&ground.folders.homes_of(sandbox))?.is_empty() {
        return Ok(());
    }
    let slot = ground.folders.uids().join(uid.to_string());
    match files::found(fs::read_to_string(&slot))? {
        Some(text) if text == owner(&ground.region, sandbox) => files::remove_file(&slot),
        _ => Ok(()),
    }
}

fn owner(region: &RegionName, sandbox: &SandboxId) -> String {
    format!("{region}/{sandbox}")
}
