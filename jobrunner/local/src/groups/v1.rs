//! Version 1: a hierarchy for each controller.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CPU_PERIOD_US, Groups, Limit, Wanted, folder, mounts, name_of, write_existing};
use crate::files;

const SHARES_MIN: u64 = 2;
const SHARES_PER_CPU: u64 = 1024;

/// This process's own group in each hierarchy, or why there is none to use.
#[derive(Debug)]
pub(super) struct V1(BTreeMap<Limit, Result<PathBuf, String>>);

pub(super) fn find(own: &str, mountinfo: &str) -> V1 {
    V1(Limit::ALL.into_iter().map(|limit| (limit, own_group(limit, own, mountinfo))).collect())
}

fn own_group(limit: Limit, own: &str, mountinfo: &str) -> Result<PathBuf, String> {
    let controller = limit.controller();
    let mounts = mounts(mountinfo, "cgroup");
    let mount = mounts.iter().find(|mount| mount.options.contains(&controller));
    let mount = mount.ok_or_else(|| format!("no control group controller `{controller}` is mounted"))?;
    let has = |list: &str| list.split(',').any(|name| name == controller);
    let group = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':').filter(|(controllers, _)| has(controllers)).map(|(_, group)| group)
    });
    let group = folder(mount, group.unwrap_or("/"));
    try_it(&group).map(|()| group.clone()).map_err(|error| format!("{}: {error}", group.display()))
}

fn try_it(group: &Path) -> io::Result<()> {
    let trial = group.join(name_of(&format!("trial-{}", std::process::id())));
    files::make_folder(&trial)?;
    fs::remove_dir(&trial)
}

impl Groups for V1 {
    fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.0.values().flatten().map(|group| group.join(name_of(name))).collect()
    }

    fn make(&self, groups: &[PathBuf], wanted: &Wanted) -> io::Result<()> {
        for group in groups {
            files::make_folder(group)?;
            let (parent, parents) = (group.parent(), &self.0);
            let limit =
                parents.iter().find(|(_, own)| own.as_deref().ok() == parent).map(|(limit, _)| *limit);
            limit.map_or(Ok(()), |limit| set(group, limit, wanted))?;
        }
        Ok(())
    }

    fn let_end(&self, groups: &[PathBuf]) -> io::Result<()> {
        groups.iter().try_for_each(|group| write_existing(&group.join("cpu.cfs_quota_us"), "-1"))
    }

    fn can(&self, limit: Limit) -> Result<(), String> {
        match self.0.get(&limit) {
            Some(Ok(_)) => Ok(()),
            Some(Err(why)) => Err(why.clone()),
            None => Err("unknown".to_owned()),
        }
    }
}

fn set(group: &Path, limit: Limit, wanted: &Wanted) -> io::Result<()> {
    let write = |file: &str, value: u64| fs::write(group.join(file), value.to_string());
    match limit {
        Limit::Cpu => {
            let shares = wanted.resources.cpu_millis.saturating_mul(SHARES_PER_CPU) / 1000;
            write("cpu.shares", shares.max(SHARES_MIN))?;
            write("cpu.cfs_period_us", CPU_PERIOD_US)?;
            write("cpu.cfs_quota_us", wanted.cpu_quota_us())
        }
        Limit::Memory => {
            write("memory.limit_in_bytes", wanted.memory_bytes())?;
            // Missing where the kernel does not count swap.
            write_existing(&group.join("memory.memsw.limit_in_bytes"), &wanted.memory_bytes().to_string())
        }
        Limit::Tasks => write("pids.max", wanted.tasks_max),
    }
}
