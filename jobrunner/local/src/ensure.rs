//! Making one machine, in steps each of which may be the last one before a crash.
//!
//! Under the machine's fence: note the incarnation and a new id → write the record → start. A repeat goes on where the
//! last one ended, and finds a machine that was started.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use domain::cause::Code;
use domain::provider::{Ensured, Error, MachineSpec, ResourceId};
use domain::template::{Egress, Runs};

use crate::bubblewrap::{self, Places};
use crate::fence::{Fence, Last};
use crate::files;
use crate::ground::Ground;
use crate::groups::Wanted;
use crate::launch::{self, Launch, TASKS_MAX};
use crate::observe::{LOCK_FILE, RUN_FOLDER};
use crate::record::MachineRecord;
use crate::{agent, doctor, home, room, uids};

/// Makes a machine unless it was made already.
pub(crate) fn ensure(ground: &Ground, spec: &MachineSpec) -> Ensured {
    check(ground, spec)?;
    let fence = Fence::close(&ground.folders, &spec.tags).map_err(unavailable)?;
    let last = fence.last().map_err(unavailable)?;
    let id = match last.filter(|last| last.incarnation >= spec.tags.incarnation) {
        Some(last) if last.incarnation > spec.tags.incarnation => {
            return rejected(Code::MachineLost, "a later incarnation of this machine was made already");
        }
        Some(last) if last.removed => return Ok(last.id),
        Some(last) => last.id,
        None => ground.new_id(),
    };
    let record = reserve(ground, spec, &fence, id)?;
    start(ground, spec, fence, &record).map_err(unavailable)?;
    Ok(record.id)
}

/// What is refused for good, and what this computer lacks.
fn check(ground: &Ground, spec: &MachineSpec) -> Result<(), Error> {
    let no = |detail: String| rejected(Code::MachineRejected, detail).map(drop);
    let Runs::Process(_) = spec.machine.runs else {
        return no(format!("runs is {}, but this region runs only process", spec.machine.runs.kind()));
    };
    if spec.tags.region != ground.region {
        return no(format!("this is region {}, not {}", ground.region, spec.tags.region));
    }
    if let Some(placement) = &spec.machine.placement {
        return no(format!("placement is {placement}, but one computer has no kinds of place: leave it out"));
    }
    if spec.network.egress != Egress::None {
        return no("network.egress must be \"none\": processes on this computer have no way out".to_owned());
    }
    if !bubblewrap::is_good_home(bubblewrap::home_path(spec)) {
        return no(
            "home.path must not hide a folder of the system, such as /usr: use /home/student".to_owned()
        );
    }
    let total = room::total(ground).map_err(unavailable)?;
    if let Some(field) = spec.machine.resources.first_excess(total) {
        return no(format!("resources.{field} is more than there is in all"));
    }
    match doctor::missing_program() {
        Some(program) => Err(Error::Unavailable { detail: doctor::how_to_get(program) }),
        None => Ok(()),
    }
}

/// Takes room and a user id and writes the machine down, unless it is.
fn reserve(
    ground: &Ground,
    spec: &MachineSpec,
    fence: &Fence,
    id: ResourceId,
) -> Result<MachineRecord, Error> {
    let folder = ground.folders.machine(&spec.tags);
    let _room = files::lock(&ground.folders.room_lock()).map_err(unavailable)?;
    if let Some(record) = MachineRecord::read(&folder).map_err(unavailable)? {
        return renew(ground, &folder, record).map_err(unavailable);
    }
    let room = room::capacity(ground).map_err(unavailable)?;
    let free = room.total.minus(room.used);
    if !spec.machine.resources.fits(free) {
        return Err(Error::NoCapacity { detail: spec.machine.resources.lacking(free) });
    }
    let Some(uid) = uids::of_sandbox(ground, &spec.tags.sandbox).map_err(unavailable)? else {
        return Err(Error::NoCapacity { detail: Some("every user id for sandboxes is taken".to_owned()) });
    };
    if spec.machine.home.is_some() && !home::ensure(ground, spec, uid).map_err(unavailable)? {
        return Err(Error::Unavailable { detail: "its home is being removed".to_owned() });
    }
    write_down(ground, spec, fence, (id, uid)).map_err(unavailable)
}

/// A machine that was written down. If it was not started, that may have been by another process or before a reboot.
fn renew(ground: &Ground, folder: &Path, record: MachineRecord) -> io::Result<MachineRecord> {
    if launch::started(folder)?.is_some() {
        return Ok(record);
    }
    let groups = ground.groups.paths(&record.id.0);
    let record = MachineRecord { groups, boot: ground.boot.clone(), ..record };
    record.write(folder)?;
    Ok(record)
}

fn write_down(
    ground: &Ground,
    spec: &MachineSpec,
    fence: &Fence,
    (id, uid): (ResourceId, u32),
) -> io::Result<MachineRecord> {
    let folder = ground.folders.machine(&spec.tags);
    fence.record(&Last { incarnation: spec.tags.incarnation, id: id.clone(), removed: false })?;
    files::make_folder(&folder)?;
    let record = MachineRecord {
        groups: ground.groups.paths(&id.0),
        id,
        tags: spec.tags.clone(),
        created_at: ground.clock.now(),
        resources: spec.machine.resources,
        home_generation: spec.machine.home.as_ref().map(|_| spec.home_generation),
        uid,
        boot: ground.boot.clone(),
    };
    record.write(&folder)?;
    Ok(record)
}

/// Starts a machine that was not started yet.
fn start(ground: &Ground, spec: &MachineSpec, fence: Fence, record: &MachineRecord) -> io::Result<()> {
    let folder = ground.folders.machine(&spec.tags);
    if launch::started(&folder)?.is_some() {
        return Ok(());
    }
    furnish(ground, &folder, spec, record.uid)?;
    ground.groups.make(&record.groups, &Wanted { resources: record.resources, tasks_max: TASKS_MAX })?;
    let agent = agent::program(ground)?;
    let home = bubblewrap::home_source(&ground.folders, spec);
    let places = Places { folder: &folder, home, agent: &agent, shared: &ground.config.shared_folders };
    let fence_path = fence.path().to_owned();
    let launch = Launch {
        folder: &folder,
        uid: ground.is_root.then_some(record.uid),
        deadline_s: spec.deadline_s,
        groups: &record.groups,
        command: bubblewrap::command(spec, &places),
    };
    launch.start(fence, &fence_path)
}

/// Makes what the machine finds in its folder.
fn furnish(ground: &Ground, folder: &Path, spec: &MachineSpec, uid: u32) -> io::Result<()> {
    bubblewrap::write_etc(folder, spec)?;
    let (run, lock) = (folder.join(RUN_FOLDER), folder.join(LOCK_FILE));
    files::make_folder(&run)?;
    File::create(&lock)?;
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700))?;
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o600))?;
    ground.give(&run, uid)?;
    ground.give(&lock, uid)
}

fn rejected(code: Code, detail: impl Into<String>) -> Ensured {
    Err(Error::Rejected { code, detail: detail.into() })
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in map_err")]
pub(crate) fn unavailable(error: io::Error) -> Error {
    Error::Unavailable { detail: error.to_string() }
}
