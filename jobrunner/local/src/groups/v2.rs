//! Version 2: one hierarchy, in which a group hands chosen controllers down.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CPU_PERIOD_US, Groups, Limit, Wanted, folder, mounts, name_of, write_existing};
use crate::files;

const WEIGHT_MAX: u64 = 10_000;
const WEIGHT_PER_CPU: u64 = 100;

/// The group below which machines get theirs, and which controllers it hands down.
#[derive(Debug)]
pub(super) struct V2 {
    parent: PathBuf,
    controllers: Vec<String>,
}

/// Version 2 when it has a controller that is of use here; many systems mount it empty, beside version 1.
pub(super) fn find(own: &str, mountinfo: &str) -> Option<V2> {
    let mounts = mounts(mountinfo, "cgroup2");
    let mount = mounts.first()?;
    let group = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let here = folder(mount, group);
    let has_any = Limit::ALL
        .into_iter()
        .any(|limit| words(&here, "cgroup.controllers").iter().any(|w| w == limit.controller()));
    if !has_any {
        return None;
    }
    // A group that holds processes, as ours does, hands nothing down, unless it is the topmost.
    let candidates = [here.clone(), PathBuf::from(mount.at)];
    let usable = candidates.into_iter().find(|parent| hand_down(parent).is_ok());
    let parent = usable.unwrap_or(here);
    let controllers = words(&parent, "cgroup.subtree_control");
    Some(V2 { parent, controllers })
}

/// Makes a group hand down what it has, and tries it.
fn hand_down(parent: &Path) -> io::Result<()> {
    let has = words(parent, "cgroup.controllers");
    for limit in Limit::ALL.into_iter().filter(|limit| has.iter().any(|name| name == limit.controller())) {
        fs::write(parent.join("cgroup.subtree_control"), format!("+{}", limit.controller()))?;
    }
    let trial = parent.join(name_of(&format!("trial-{}", std::process::id())));
    files::make_folder(&trial)?;
    fs::remove_dir(&trial)
}

fn words(group: &Path, file: &str) -> Vec<String> {
    let text = fs::read_to_string(group.join(file)).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

impl Groups for V2 {
    fn paths(&self, name: &str) -> Vec<PathBuf> {
        let any = Limit::ALL.into_iter().any(|limit| self.can(limit).is_ok());
        if any { vec![self.parent.join(name_of(name))] } else { Vec::new() }
    }

    fn make(&self, groups: &[PathBuf], wanted: &Wanted) -> io::Result<()> {
        for group in groups {
            files::make_folder(group)?;
            let mut limits = Limit::ALL.into_iter().filter(|limit| self.can(*limit).is_ok());
            limits.try_for_each(|limit| set(group, limit, wanted))?;
        }
        Ok(())
    }

    fn let_end(&self, groups: &[PathBuf]) -> io::Result<()> {
        groups.iter().try_for_each(|group| write_existing(&group.join("cpu.max"), "max"))
    }

    fn can(&self, limit: Limit) -> Result<(), String> {
        if self.controllers.iter().any(|name| name == limit.controller()) {
            return Ok(());
        }
        let (group, controller) = (self.parent.display(), limit.controller());
        Err(format!("the control group {group} does not hand down `{controller}`"))
    }
}

fn set(group: &Path, limit: Limit, wanted: &Wanted) -> io::Result<()> {
    let write = |file: &str, value: String| fs::write(group.join(file), value);
    match limit {
        Limit::Cpu => {
            let weight = wanted.resources.cpu_millis.saturating_mul(WEIGHT_PER_CPU) / 1000;
            write("cpu.weight", weight.clamp(1, WEIGHT_MAX).to_string())?;
            write("cpu.max", format!("{} {CPU_PERIOD_US}", wanted.cpu_quota_us()))
        }
        Limit::Memory => {
            write("memory.max", wanted.memory_bytes().to_string())?;
            // Missing where the kernel does not count swap.
            write_existing(&group.join("memory.swap.max"), "0")
        }
        Limit::Tasks => write("pids.max", wanted.tasks_max.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a hierarchy of version 2 with these controllers, and the line of its mount.
    fn hierarchy(controllers: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), controllers).unwrap();
        let line = format!("29 1 0:26 / {} rw - cgroup2 none rw", folder.path().display());
        (folder, line)
    }

    #[test]
    fn an_empty_hierarchy_is_none() {
        let (_folder, mounts) = hierarchy("");
        assert!(find("0::/", &mounts).is_none());
        assert!(find("0::/", "").is_none());
    }

    #[test]
    fn limits_are_written() {
        let (folder, mounts) = hierarchy("cpuset pids\n");
        let groups = find("0::/", &mounts).unwrap();
        assert!(groups.can(Limit::Tasks).is_err(), "a folder that is no group hands nothing down");
        let groups = V2 { controllers: vec!["cpu".into(), "memory".into(), "pids".into()], ..groups };
        let paths = groups.paths("m1");
        assert_eq!(paths, [folder.path().join("qingjiao-m1")]);
        let resources =
            domain::resources::Resources { cpu_millis: 1500, memory_mib: 2, ..Default::default() };
        groups.make(&paths, &Wanted { resources, tasks_max: 7 }).unwrap();
        let read = |file: &str| fs::read_to_string(paths[0].join(file)).unwrap();
        assert_eq!((read("cpu.max"), read("cpu.weight")), ("150000 100000".into(), "150".into()));
        assert_eq!((read("memory.max"), read("pids.max")), ("2097152".into(), "7".into()));
    }
}
