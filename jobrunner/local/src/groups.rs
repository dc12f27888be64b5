//! Control groups, which limit what a machine uses: version 1 and version 2 behind one trait.

mod v1;
mod v2;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::resources::Resources;

use crate::files;

/// A machine that asks for less CPU than this may still use this much while it is free, in thousandths: with less, a
/// shell does not feel alive.
const CPU_MILLIS_MIN: u64 = 250;
/// The span over which CPU use is limited, in microseconds.
const CPU_PERIOD_US: u64 = 100_000;
const MIB: u64 = 1024 * 1024;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    Cpu,
    Memory,
    Tasks,
}

impl Limit {
    pub(crate) const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Tasks];

    /// The kernel's name of the controller.
    pub(crate) const fn controller(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Tasks => "pids",
        }
    }
}

/// How much of each a machine may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) resources: Resources,
    pub(crate) tasks_max: u64,
}

impl Wanted {
    fn memory_bytes(&self) -> u64 {
        self.resources.memory_mib.max(1).saturating_mul(MIB)
    }

    fn cpu_quota_us(&self) -> u64 {
        self.resources.cpu_millis.max(CPU_MILLIS_MIN).saturating_mul(CPU_PERIOD_US) / 1000
    }
}

/// One version of control groups on this computer.
pub(crate) trait Groups: Send + Sync + std::fmt::Debug {
    /// The groups that a machine of this name will have; none for what cannot be limited.
    fn paths(&self, name: &str) -> Vec<PathBuf>;

    /// Makes a machine's groups and sets their limits.
    fn make(&self, groups: &[PathBuf], wanted: &Wanted) -> io::Result<()>;

    /// Whether this can be limited; else why not.
    fn can(&self, limit: Limit) -> Result<(), String>;

    /// Lifts the limit of CPU: what was ended needs some to come to its end, and a fork bomb has used up its share.
    fn let_end(&self, groups: &[PathBuf]) -> io::Result<()>;

    /// Removes groups; false while something lives in one.
    fn remove(&self, groups: &[PathBuf]) -> io::Result<bool> {
        for group in groups {
            match fs::remove_dir(group) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Ok(false),
                other => other?,
            }
        }
        Ok(true)
    }
}

/// The version that this computer has. Groups lie below this process's own, so that its limits hold for machines too.
pub(crate) fn find() -> Box<dyn Groups> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match v2::find(&own, &mounts) {
        Some(v2) => Box::new(v2),
        None => Box::new(v1::find(&own, &mounts)),
    }
}

/// A mounted hierarchy: where, from which of its groups on, and with which options.
#[derive(Debug, PartialEq, Eq)]
struct Mount<'a> {
    root: &'a str,
    at: &'a str,
    options: Vec<&'a str>,
}

fn mounts<'a>(mountinfo: &'a str, kind: &str) -> Vec<Mount<'a>> {
    let parse = |line: &'a str| {
        let (left, right) = line.split_once(" - ")?;
        let left: Vec<_> = left.split(' ').collect();
        let right: Vec<_> = right.split(' ').collect();
        let options = right.get(2)?.split(',').collect();
        (right.first() == Some(&kind)).then_some(Mount { root: left.get(3)?, at: left.get(4)?, options })
    };
    mountinfo.lines().filter_map(parse).collect()
}

/// The folder of the group `group` in a mounted hierarchy.
fn folder(mount: &Mount<'_>, group: &str) -> PathBuf {
    let below = Path::new(group).strip_prefix(mount.root).unwrap_or(Path::new(""));
    Path::new(mount.at).join(below.strip_prefix("/").unwrap_or(below))
}

/// Writes a setting of a group that has it.
fn write_existing(path: &Path, value: &str) -> io::Result<()> {
    files::found(fs::metadata(path).and_then(|_| fs::write(path, value))).map(drop)
}

fn name_of(name: &str) -> String {
    format!("qingjiao-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_in_its_mount() {
        let line =
            "33 32 0:30 /docker/abc /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory";
        let found = mounts(line, "cgroup");
        assert_eq!(found[0].options, ["rw", "memory"]);
        assert_eq!(folder(&found[0], "/docker/abc/x"), Path::new("/sys/fs/cgroup/memory/x"));
        assert_eq!(folder(&found[0], "/docker/abc"), Path::new("/sys/fs/cgroup/memory"));
        assert_eq!(mounts(line, "cgroup2"), []);
    }
}
