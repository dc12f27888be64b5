//! The rules of a template that its types cannot say. Every mistake is reported, not only the first.

use std::collections::BTreeSet;

use super::{App, AppKind, Bind, Egress, Home, Machine, Policy, Ready, Runs, Template};
use crate::field::FieldError;
use crate::resources::Resources;

/// Most machines in a template.
pub(super) const MACHINES_MAX: usize = 16;
/// Most apps of one machine.
pub(super) const APPS_PER_MACHINE_MAX: usize = 16;
/// Most environment variables of one machine.
pub(super) const ENV_MAX: usize = 128;
/// Longest command in arguments.
pub(super) const COMMAND_ARGUMENTS_MAX: usize = 64;
/// Longest life of one run, in seconds: 30 days.
pub(super) const LIFETIME_S_MAX: u64 = 30 * 24 * 3600;

/// Every mistake in a template; empty when there is none.
#[must_use]
pub fn check(template: &Template) -> Vec<FieldError> {
    let mut errors = Vec::new();
    count(&mut errors, "machines", template.machines.len(), 1, MACHINES_MAX);
    for (at, machine) in template.machines.iter().enumerate() {
        check_machine(&mut errors, &format!("machines[{at}]"), machine);
    }
    check_names(&mut errors, template);
    if let Some(bind) = &template.bind {
        check_bind(&mut errors, bind);
    }
    if let Egress::List(list) = &template.network.egress {
        count(&mut errors, "network.egress", list.len(), 1, 64);
    }
    check_policy(&mut errors, &template.policy);
    errors
}

fn check_names(errors: &mut Vec<FieldError>, template: &Template) {
    let mut machines = BTreeSet::new();
    let mut apps = BTreeSet::new();
    for (at, machine) in template.machines.iter().enumerate() {
        if !machines.insert(&machine.name) {
            let message = format!("`{}` names two machines", machine.name);
            errors.push(FieldError::new(format!("machines[{at}].name"), message, "a name of its own"));
        }
        for (nth, app) in machine.apps.iter().enumerate() {
            if !apps.insert(&app.name) {
                let message = format!("`{}` names two apps", app.name);
                let field = format!("machines[{at}].apps[{nth}].name");
                errors.push(FieldError::new(field, message, "a name of its own within the template"));
            }
        }
    }
}

fn check_machine(errors: &mut Vec<FieldError>, at: &str, machine: &Machine) {
    check_runs(errors, at, &machine.runs);
    check_resources(errors, at, machine.resources);
    count(errors, &format!("{at}.env"), machine.env.len(), 0, ENV_MAX);
    for name in machine.env.keys().filter(|name| !is_variable(name)) {
        let message = format!("`{name}` cannot name an environment variable");
        errors.push(FieldError::new(
            format!("{at}.env"),
            message,
            "letters, digits and '_', not beginning with a digit",
        ));
    }
    if let Some(home) = &machine.home {
        check_home(errors, at, home);
    }
    count(errors, &format!("{at}.apps"), machine.apps.len(), 0, APPS_PER_MACHINE_MAX);
    for (nth, app) in machine.apps.iter().enumerate() {
        check_app(errors, &format!("{at}.apps[{nth}]"), app);
    }
    if let Some(ready) = &machine.ready {
        check_ready(errors, &format!("{at}.ready"), ready, machine);
    }
    range(errors, &format!("{at}.start_deadline_s"), machine.start_deadline_s, 1, 3600);
}

fn check_runs(errors: &mut Vec<FieldError>, at: &str, runs: &Runs) {
    match runs {
        Runs::Container(container) => {
            filled(errors, &format!("{at}.runs.container.image"), &container.image);
            if let Some(command) = &container.command {
                count(
                    errors,
                    &format!("{at}.runs.container.command"),
                    command.len(),
                    1,
                    COMMAND_ARGUMENTS_MAX,
                );
            }
        }
        Runs::Vm(vm) => {
            filled(errors, &format!("{at}.runs.vm.image_id"), &vm.image_id);
            count(errors, &format!("{at}.runs.vm.types"), vm.types.len(), 1, 20);
        }
        Runs::Process(process) => {
            count(
                errors,
                &format!("{at}.runs.process.command"),
                process.command.len(),
                0,
                COMMAND_ARGUMENTS_MAX,
            );
        }
    }
}

fn check_resources(errors: &mut Vec<FieldError>, at: &str, resources: Resources) {
    range(errors, &format!("{at}.resources.cpu_millis"), resources.cpu_millis, 10, 1_000_000);
    range(errors, &format!("{at}.resources.memory_mib"), resources.memory_mib, 16, 16 * 1024 * 1024);
    range(errors, &format!("{at}.resources.disk_mib"), resources.disk_mib, 0, 64 * 1024 * 1024);
    range(errors, &format!("{at}.resources.gpus"), resources.gpus, 0, 64);
}

fn check_home(errors: &mut Vec<FieldError>, at: &str, home: &Home) {
    let path = home.path.as_str();
    let is_inner = path.starts_with('/') && path.len() > 1 && !path.split('/').any(|part| part == "..");
    let is_system = ["/proc", "/sys", "/dev", "/etc", "/usr", "/bin", "/lib", "/lib64", "/sbin", "/run"]
        .iter()
        .any(|system| path == *system || path.starts_with(&format!("{system}/")));
    if !is_inner || is_system {
        let message = format!("`{path}` cannot be a home");
        let allowed =
            "an absolute path without '..', outside the system's own folders, such as /home/student";
        errors.push(FieldError::new(format!("{at}.home.path"), message, allowed));
    }
    range(errors, &format!("{at}.home.size_mib"), home.size_mib, 1, 16 * 1024 * 1024);
}

fn check_app(errors: &mut Vec<FieldError>, at: &str, app: &App) {
    match app.kind {
        AppKind::Terminal => {
            if app.port.is_some() || app.ports.is_some() {
                errors.push(FieldError::new(format!("{at}.port"), "a terminal has no port", "no port"));
            }
        }
        AppKind::Http => check_http_ports(errors, at, app),
        AppKind::Desktop | AppKind::Tcp => {
            if app.port.is_none() || app.ports.is_some() {
                let message = format!("a {} app needs a port", app.kind.as_str());
                errors.push(FieldError::new(format!("{at}.port"), message, "one port from 1 to 65535"));
            }
        }
    }
    if app.port == Some(0) {
        errors.push(FieldError::new(format!("{at}.port"), "0 is no port", "1 to 65535"));
    }
    if app.path.as_deref().is_some_and(|path| !path.starts_with('/')) {
        errors.push(FieldError::new(
            format!("{at}.path"),
            "the path is relative",
            "a path that begins with '/'",
        ));
    }
    if app.command.as_ref().is_some_and(|command| app.kind != AppKind::Terminal || command.is_empty()) {
        let message = "only a terminal has a command, and it names a program";
        errors.push(FieldError::new(format!("{at}.command"), message, "a non-empty list, on a terminal"));
    }
}

fn check_http_ports(errors: &mut Vec<FieldError>, at: &str, app: &App) {
    match (app.port, app.ports) {
        (Some(_), None) => {}
        (None, Some((first, last))) if first > 0 && first <= last => {}
        (None, Some(_)) => {
            let message = "the range is empty or begins at 0";
            errors.push(FieldError::new(
                format!("{at}.ports"),
                message,
                "[first, last] with 1 ≤ first ≤ last ≤ 65535",
            ));
        }
        (None, None) | (Some(_), Some(_)) => {
            let message = "an http app needs either `port` or `ports`";
            errors.push(FieldError::new(
                format!("{at}.port"),
                message,
                "one port from 1 to 65535, or `ports` as [first, last]",
            ));
        }
    }
}

fn check_ready(errors: &mut Vec<FieldError>, at: &str, ready: &Ready, machine: &Machine) {
    match ready {
        Ready::Http(http) => {
            let app = machine.apps.iter().find(|app| app.name == http.app);
            if !app.is_some_and(|app| app.kind == AppKind::Http && app.port.is_some()) {
                let message = format!("`{}` is no http app with one port of this machine", http.app);
                errors.push(FieldError::new(format!("{at}.http.app"), message, "the name of such an app"));
            }
            if !http.path.starts_with('/') {
                errors.push(FieldError::new(
                    format!("{at}.http.path"),
                    "the path is relative",
                    "a path that begins with '/'",
                ));
            }
            range(errors, &format!("{at}.http.status"), u64::from(http.status), 100, 599);
        }
        Ready::Tcp(tcp) => range(errors, &format!("{at}.tcp.port"), u64::from(tcp.port), 1, 65535),
        Ready::Command(command) => {
            count(errors, &format!("{at}.command"), command.len(), 1, COMMAND_ARGUMENTS_MAX)
        }
    }
}

fn check_bind(errors: &mut Vec<FieldError>, bind: &Bind) {
    count(errors, "bind.command", bind.command.len(), 1, COMMAND_ARGUMENTS_MAX);
    range(errors, "bind.deadline_s", bind.deadline_s, 1, 600);
}

fn check_policy(errors: &mut Vec<FieldError>, policy: &Policy) {
    range(errors, "policy.max_lifetime_s", policy.max_lifetime_s, 60, LIFETIME_S_MAX);
    range(errors, "policy.lifetime_s", policy.lifetime_s, 60, policy.max_lifetime_s);
    if let Some(idle) = policy.idle {
        range(errors, "policy.idle.after_s", idle.after_s, 60, LIFETIME_S_MAX);
    }
    range(errors, "policy.keep_home_days", policy.keep_home_days, 0, 365);
}

fn is_variable(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn count(errors: &mut Vec<FieldError>, field: &str, found: usize, least: usize, most: usize) {
    if !(least..=most).contains(&found) {
        errors.push(FieldError::new(
            field,
            format!("has {found} entries"),
            format!("{least} to {most} entries"),
        ));
    }
}

fn range(errors: &mut Vec<FieldError>, field: &str, found: u64, least: u64, most: u64) {
    if !(least..=most).contains(&found) {
        errors.push(FieldError::new(field, format!("is {found}"), format!("{least} to {most}")));
    }
}

fn filled(errors: &mut Vec<FieldError>, field: &str, text: &str) {
    if text.trim().is_empty() {
        errors.push(FieldError::new(field, "is empty", "a non-empty text"));
    }
}
