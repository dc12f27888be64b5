//! What this computer can and cannot do for machines, in words, with what to do about it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use domain::check::Check;

use crate::agent;
use crate::ground::Ground;
use crate::groups::Limit;

/// Programs that start a machine, and the Debian package of each.
const PROGRAMS: [(&str, &str); 5] = [
    ("bwrap", "bubblewrap"),
    ("bash", "bash"),
    ("timeout", "coreutils"),
    ("setsid", "util-linux"),
    ("setpriv", "util-linux"),
];

/// Looks at everything. Without limits or users of their own machines still run.
pub(crate) fn checks(ground: &Ground) -> Vec<Check> {
    let mut checks = vec![programs(), agent_program(ground), isolation(), users(ground)];
    checks.extend(Limit::ALL.map(|limit| limited(ground, limit)));
    checks.push(Check::warning(
        "limit.disk",
        "the space of homes is not limited; machines are only counted by what they ask for",
        "keep state_dir on a file system of its own, with room to spare",
    ));
    checks
}

/// The first program that is missing, if any.
pub(crate) fn missing_program() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let is_there = |name: &str| folders.iter().any(|folder| folder.join(name).is_file());
    PROGRAMS.into_iter().map(|(name, _)| name).find(|name| !is_there(name))
}

/// Where a program comes from.
pub(crate) fn how_to_get(program: &str) -> String {
    let package =
        PROGRAMS.into_iter().find(|(name, _)| *name == program).map_or(program, |(_, package)| package);
    format!("the program `{program}` is missing: install the package {package}")
}

fn programs() -> Check {
    match missing_program() {
        None => Check::good("programs", "bwrap, bash, timeout, setsid and setpriv are there"),
        Some(program) => Check::bad("programs", format!("`{program}` is not in PATH"), how_to_get(program)),
    }
}

fn agent_program(ground: &Ground) -> Check {
    let version = agent::program(ground).and_then(|program| Command::new(program).arg("--version").output());
    match version {
        Ok(output) if output.status.success() => {
            Check::good("agent", String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => {
            Check::bad("agent", format!("it fails with {}", output.status), "build the agent again")
        }
        Err(error) => {
            Check::bad("agent", error.to_string(), "build the agent and set `agent` to its program")
        }
    }
}

/// Whether a process can be isolated at all: tried with every namespace that machines get.
fn isolation() -> Check {
    let trial = Command::new("bwrap")
        .args([
            "--unshare-user",
            "--unshare-all",
            "--disable-userns",
            "--uid",
            "1000",
            "--gid",
            "1000",
            "--cap-drop",
            "ALL",
        ])
        .args(["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true"])
        .stdin(Stdio::null())
        .output();
    let remedy = "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1 and user.max_user_namespaces), \
                  in a container also mounting /proc (--security-opt systempaths=unconfined, seccomp=unconfined)";
    match trial {
        Ok(output) if output.status.success() => Check::good("isolation", "a trial process was isolated"),
        Ok(output) => {
            Check::bad("isolation", String::from_utf8_lossy(&output.stderr).trim().to_owned(), remedy)
        }
        Err(error) => Check::bad("isolation", error.to_string(), how_to_get("bwrap")),
    }
}

fn users(ground: &Ground) -> Check {
    if ground.is_root {
        let (first, count) = (ground.config.uids_first, ground.config.uids_count);
        return Check::good(
            "users",
            format!("every sandbox gets a user id of its own, {count} from {first} on"),
        );
    }
    Check::warning(
        "users",
        "all machines run under this user: only namespaces separate them",
        "run as root, so that every sandbox gets a user id of its own",
    )
}

fn limited(ground: &Ground, limit: Limit) -> Check {
    let name = match limit {
        Limit::Cpu => "limit.cpu",
        Limit::Memory => "limit.memory",
        Limit::Tasks => "limit.tasks",
    };
    match ground.groups.can(limit) {
        Ok(()) => {
            Check::good(name, format!("limited by the control group controller `{}`", limit.controller()))
        }
        Err(why) => Check::warning(
            name,
            format!("not limited: {why}"),
            "run as root where control groups can be written (systemd: Delegate=yes)",
        ),
    }
}
