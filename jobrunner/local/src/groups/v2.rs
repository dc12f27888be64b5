//! Version 2: one hierarchy, in which a group hands chosen controllers down.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CPU_PERIOD_US, Groups, Limit, Wanted, folder, mounts, name_of};
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
            let limits = Limit::ALL.into_iter().filter(|limit| self.can(*limit).is_ok());
            limits.map(|limit| set(group, limit, wanted)).collect::<io::Result<()>>()?;
        }
        Ok(())
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
            let swap = group.join("memory.swap.max");
            files::found(fs::metadata(&swap).and_then(|_| fs::write(&swap, "0")))?;
            Ok(())
        }
        Limit::Tasks => write("pids.max", wanted.tasks_max.to_string()),
    }
}
