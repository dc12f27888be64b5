//! How much there is, and how much is taken.

use std::io;

use domain::provider::{Capacity, State};
use domain::resources::Resources;

use crate::ground::Ground;
use crate::observe;

const MIB: u64 = 1024 * 1024;
const MILLIS_PER_CPU: u64 = 1000;

/// All that machines may use together.
pub(crate) fn total(ground: &Ground) -> io::Result<Resources> {
    match ground.config.capacity {
        Some(capacity) => Ok(capacity),
        None => computer(ground),
    }
}

fn computer(ground: &Ground) -> io::Result<Resources> {
    let cpus = std::thread::available_parallelism()?.get();
    let memory = rustix::system::sysinfo();
    let disk = rustix::fs::statvfs(ground.folders.state())?;
    Ok(Resources {
        cpu_millis: u64::try_from(cpus).unwrap_or(1) * MILLIS_PER_CPU,
        memory_mib: memory.totalram * u64::from(memory.mem_unit) / MIB,
        disk_mib: disk.f_blocks.saturating_mul(disk.f_frsize) / MIB,
        gpus: 0,
    })
}

/// What machines that have not ended asked for.
pub(crate) fn used(ground: &Ground) -> io::Result<Resources> {
    let mut used = Resources::default();
    for (folder, record) in observe::all(ground)? {
        let listed = observe::resource(ground, &folder, &record)?;
        if !listed.is_some_and(|resource| matches!(resource.state, State::Exited(_))) {
            used = used.plus(record.resources);
        }
    }
    Ok(used)
}

/// How much room there is now.
pub(crate) fn capacity(ground: &Ground) -> io::Result<Capacity> {
    let as_of = ground.clock.now();
    let total = total(ground)?;
    Ok(Capacity::of_one_node(as_of, total, used(ground)?))
}
