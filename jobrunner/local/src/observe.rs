//! What a machine's folder says of it: whether it starts, runs, has ended or is being removed.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use domain::provider::{Address, Exit, Kind, Resource, State};
use serde::Deserialize;

use crate::bubblewrap::SOCKET;
use crate::files;
use crate::ground::Ground;
use crate::launch::{self, LOG_FILE, STATUS_FILE};
use crate::record::MachineRecord;

/// Marks a machine whose removal has begun.
pub(crate) const DELETING_FILE: &str = "deleting";
/// Held by the agent for as long as it lives.
pub(crate) const LOCK_FILE: &str = "lock";
/// Where the agent makes its socket.
pub(crate) const RUN_FOLDER: &str = "run";

const LAST_LINES_MAX: usize = 20;
const LAST_LINES_BYTES_MAX: u64 = 4096;
const SIGNAL_CODES_FROM: i32 = 128;
const SIGNALS_MAX: i32 = 64;
const SIGKILL: i32 = 9;

/// Every machine of the region with its folder, also those that were never started.
pub(crate) fn all(ground: &Ground) -> io::Result<Vec<(PathBuf, MachineRecord)>> {
    let machines = ground.folders.machines();
    let mut all = Vec::new();
    for name in files::names(&machines)? {
        let folder = machines.join(name);
        match MachineRecord::read(&folder) {
            Ok(Some(record)) if record.tags.region == ground.region => all.push((folder, record)),
            Ok(_) => (),
            Err(error) => tracing::warn!(folder = %folder.display(), %error, "a machine cannot be read"),
        }
    }
    Ok(all)
}

/// The machine as it is listed; none when nothing was started yet.
pub(crate) fn resource(
    ground: &Ground,
    folder: &Path,
    record: &MachineRecord,
) -> io::Result<Option<Resource>> {
    let Some(state) = state(ground, folder, record)? else { return Ok(None) };
    let socket = ground.folders.socket(&record.id);
    let address = (state == State::Running).then(|| Address(format!("unix:{}", socket.display())));
    let (id, tags) = (record.id.clone(), record.tags.clone());
    let created_at = record.created_at;
    Ok(Some(Resource { id, kind: Kind::Machine, tags, state, address, created_at, expires_at: None }))
}

fn state(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<Option<State>> {
    if folder.join(DELETING_FILE).exists() {
        return Ok(Some(State::Deleting));
    }
    if launch::started(folder)?.is_none() {
        return Ok(None);
    }
    if !is_alive(ground, folder, record)? {
        return exit(folder).map(State::Exited).map(Some);
    }
    let answers = answers(ground, folder, record)?;
    Ok(Some(if answers { State::Running } else { State::Pending(None) }))
}

/// Whether anything of the machine lives. The agent's lock is only asked for when the chain has ended, because asking
/// takes the lock for a moment, and an agent that begins just then would take it for another agent.
pub(crate) fn is_alive(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<bool> {
    if record.boot != ground.boot {
        return Ok(false);
    }
    match launch::started(folder)? {
        Some(chain) if chain.is_alive()? => Ok(true),
        _ => files::is_locked(&folder.join(LOCK_FILE)),
    }
}

/// Whether the agent has answered. Its socket then has a second name, which nobody inside the machine can reach.
fn answers(ground: &Ground, folder: &Path, record: &MachineRecord) -> io::Result<bool> {
    let socket = ground.folders.socket(&record.id);
    if socket.exists() {
        return Ok(true);
    }
    let tried = ground.folders.socket_tried(&record.id);
    match fs::hard_link(folder.join(RUN_FOLDER).join(SOCKET), &tried) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) | Ok(()) => (),
    }
    // A link or file that somebody put there instead is not followed.
    let is_socket = files::found(fs::symlink_metadata(&tried))?.is_some_and(|it| it.file_type().is_socket());
    if !is_socket || UnixStream::connect(&tried).is_err() {
        files::remove_file(&tried)?;
        return Ok(socket.exists());
    }
    files::found(fs::rename(&tried, &socket))?;
    Ok(socket.exists())
}

/// How a machine ended. One that was ended from outside, as by its deadline, left no exit code.
fn exit(folder: &Path) -> io::Result<Exit> {
    let code = status(folder)?.exit_code;
    let last_lines = last_lines(&folder.join(LOG_FILE))?;
    Ok(match code {
        Some(code) if (SIGNAL_CODES_FROM + 1..=SIGNAL_CODES_FROM + SIGNALS_MAX).contains(&code) => {
            Exit { exit_code: None, signal: Some(code - SIGNAL_CODES_FROM), last_lines, cause: None }
        }
        Some(code) => Exit { exit_code: Some(code), signal: None, last_lines, cause: None },
        None => Exit { exit_code: None, signal: Some(SIGKILL), last_lines, cause: None },
    })
}

/// What bubblewrap said.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Status {
    pub(crate) child_pid: Option<i32>,
    pub(crate) exit_code: Option<i32>,
}

pub(crate) fn status(folder: &Path) -> io::Result<Status> {
    let text = files::found(fs::read_to_string(folder.join(STATUS_FILE)))?.unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Status>(line).ok());
    Ok(lines.fold(Status::default(), |all, line| Status {
        child_pid: line.child_pid.or(all.child_pid),
        exit_code: line.exit_code.or(all.exit_code),
    }))
}

fn last_lines(log: &Path) -> io::Result<Vec<String>> {
    let Some(mut file) = files::found(File::open(log))? else { return Ok(Vec::new()) };
    let bytes = file.metadata()?.len();
    file.seek(SeekFrom::Start(bytes.saturating_sub(LAST_LINES_BYTES_MAX)))?;
    let mut tail = Vec::new();
    file.take(LAST_LINES_BYTES_MAX).read_to_end(&mut tail)?;
    let text = String::from_utf8_lossy(&tail);
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    Ok(lines[lines.len().saturating_sub(LAST_LINES_MAX)..].to_vec())
}
