//! What a server costs: all its processes.

use std::fs::read_to_string;

use anyhow::Context as _;

/// `USER_HZ`, in which the kernel tells processor time.
const TICKS_PER_S: u32 = 100;
/// Where `utime` and `stime` are, counted behind the program's name.
const TIMES: std::ops::Range<usize> = 11..13;

/// Processor time so far, in seconds.
pub(super) fn cpu_s(pid: u32) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for pid in family(pid)? {
        let text = read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, fields) = text.rsplit_once(')').context("no program's name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        for field in fields.get(TIMES).context("too few fields")? {
            ticks += field.parse::<u32>()?;
        }
    }
    Ok(f64::from(ticks) / f64::from(TICKS_PER_S))
}

/// The most memory that each has held, together, in megabytes.
pub(super) fn peak_mb(pid: u32) -> anyhow::Result<f64> {
    let mut kib = 0;
    for pid in family(pid)? {
        let text = read_to_string(format!("/proc/{pid}/status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        kib += line.trim().trim_end_matches("kB").trim().parse::<u32>()?;
    }
    Ok(f64::from(kib) * 1_024.0 / 1e6)
}

/// A process and its children.
fn family(pid: u32) -> anyhow::Result<Vec<u32>> {
    let children = read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let children: Vec<u32> = children.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    Ok(std::iter::once(pid).chain(children).collect())
}
