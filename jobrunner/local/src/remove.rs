//! Removing machines, by id, and what creations that were never finished left behind.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use domain::provider::ResourceId;

use crate::fence::Fence;
use crate::ground::Ground;
use crate::observe::{self, DELETING_FILE};
use crate::process::{self, Process};
use crate::record::MachineRecord;
use crate::{bubblewrap, files, home, launch, uids};

/// How long a removal waits for the end of its machine; after that the next list finishes it.
const END_MAX: Duration = Duration::from_millis(500);
const END_POLL: Duration = Duration::from_millis(2);

/// Begins to remove everything of the region that has one of these ids.
pub(crate) fn remove(ground: &Ground, ids: &[ResourceId]) -> io::Result<()> {
    for (folder, record) in observe::all(ground)?.into_iter().filter(|(_, record)| ids.contains(&record.id)) {
        end(ground, &folder, &record)?;
    }
    for (folder, record) in home::all(ground)?.into_iter().filter(|(_, home)| ids.contains(&home.id)) {
        home::remove(ground, &folder, &record)?;
    }
    Ok(())
}

fn end(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<()> {
    let fence = Fence::close(&ground.folders, &record.tags)?;
    if MachineRecord::read(folder)?.as_ref() != Some(record) {
        return Ok(());
    }
    fence.note_removal(&record.id)?;
    fs::write(folder.join(DELETING_FILE), "")?;
    kill(ground, folder, record)?;
    let polls = END_MAX.as_millis() / END_POLL.as_millis();
    for _ in 0..polls {
        if finish(ground, folder, record)? {
            return Ok(());
        }
        std::thread::sleep(END_POLL);
    }
    tracing::warn!(sandbox.id = %record.tags.sandbox, "a machine does not end; it is tried again");
    Ok(())
}

/// Ends the agent, which is process 1 of its machine: bubblewrap, and with it the chain, ends when all is over inside.
/// Before there is an agent, the chain is ended, and what it has started ends with it.
fn kill(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<()> {
    if record.boot != ground.boot {
        return Ok(());
    }
    ground.groups.let_end(&record.groups)?;
    let pid = observe::status(folder)?.child_pid;
    if let Some(pid) = pid
        && let Some(agent) = Process::at(pid)?
    {
        let arguments = process::arguments(pid);
        if bubblewrap::is_agent_of(&arguments, record) {
            return agent.kill();
        }
        if arguments.is_empty() {
            // It is ending: its memory is gone already, and what was inside is being ended.
            return Ok(());
        }
    }
    match launch::started(folder)? {
        Some(chain) => chain.kill(),
        None => Ok(()),
    }
}

/// Removes what is left of a machine that has ended; false while it has not.
fn finish(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<bool> {
    if observe::is_alive(ground, folder, record)? || !ground.groups.remove(&record.groups)? {
        return Ok(false);
    }
    files::remove_file(&ground.folders.socket_tried(&record.id))?;
    files::remove_file(&ground.folders.socket(&record.id))?;
    let room = files::lock(&ground.folders.room_lock())?;
    // At one stroke: a folder that lost its record to a crash half-way would be nobody's.
    let trash = ground.folders.trash().join(&record.id.0);
    files::found(fs::rename(folder, &trash))?;
    uids::release(ground, &record.tags.sandbox, record.uid)?;
    drop(room);
    files::remove_tree(&trash)?;
    Ok(true)
}

/// Finishes removals that were begun, and drops what creations left that ended before they had started anything.
pub(crate) fn tidy(ground: &Ground) -> io::Result<()> {
    let machines = ground.folders.machines();
    for folder in files::names(&machines)?.into_iter().map(|name| machines.join(name)) {
        match MachineRecord::read(&folder) {
            Ok(Some(record)) if folder.join(DELETING_FILE).exists() => {
                let _fence = Fence::close(&ground.folders, &record.tags)?;
                kill(ground, &folder, &record)?;
                finish(ground, &folder, &record)?;
            }
            Ok(_) if launch::started(&folder)?.is_none() => drop_unstarted(ground, &folder)?,
            // Started, or not to be read: the list says so.
            Ok(_) | Err(_) => (),
        }
    }
    for (folder, record) in home::all(ground)?.into_iter().filter(|(_, home)| home.deleting) {
        home::remove(ground, &folder, &record)?;
    }
    home::empty_trash(ground)
}

/// Whoever holds the fence knows that nobody is about to start the machine: its maker has been killed or has failed. A
/// repeat of the creation makes it anew, under the same id.
fn drop_unstarted(ground: &Ground, folder: &Path) -> io::Result<()> {
    let Some(_fence) = Fence::try_close(folder, &ground.folders)? else { return Ok(()) };
    if launch::started(folder)?.is_some() {
        return Ok(());
    }
    match MachineRecord::read(folder)? {
        Some(record) => finish(ground, folder, &record).map(drop),
        None => files::remove_tree(folder),
    }
}
