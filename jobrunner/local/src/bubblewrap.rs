//! The command line that isolates a machine: what it sees, and what it is.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::provider::MachineSpec;

use crate::folders::Folders;
use crate::record::MachineRecord;

/// The user of every machine, as seen from inside.
const USER: &str = "student";
const USER_ID: u32 = 1000;
const DEFAULT_HOME: &str = "/home/student";
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/games:/usr/games";

const RUN: &str = "/run/qingjiao";
const LOCK: &str = "/run/qingjiao.lock";
const AGENT: &str = "/run/qingjiao.agent";

/// What programs read in `/etc`. Anything else there is this computer's own business.
const ETC_SHARED: [&str; 39] = [
    "alternatives",
    "bash.bashrc",
    "bash_completion.d",
    "ca-certificates",
    "crypto-policies",
    "debian_version",
    "fonts",
    "gai.conf",
    "host.conf",
    "inputrc",
    "ipython",
    "java-17-openjdk",
    "jupyter",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.conf",
    "localtime",
    "magic",
    "magic.mime",
    "manpath.config",
    "mime.types",
    "nanorc",
    "os-release",
    "perl",
    "pki",
    "profile",
    "profile.d",
    "protocols",
    "python3",
    "python3.11",
    "services",
    "shells",
    "skel",
    "ssl",
    "terminfo",
    "timezone",
    "vim",
];

/// Where a machine keeps its files on this computer.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) home: Option<PathBuf>,
    pub(crate) agent: &'a Path,
    pub(crate) shared: &'a [PathBuf],
}

/// Where a machine's home is inside it.
pub(crate) fn home_path(spec: &MachineSpec) -> &str {
    spec.machine.home.as_ref().map_or(DEFAULT_HOME, |home| home.path.as_str())
}

/// Whether a home may be at this place: it must hide nothing that a machine needs.
pub(crate) fn is_good_home(path: &str) -> bool {
    let mut parts = Path::new(path).components().skip(1).map(|part| part.as_os_str().to_string_lossy());
    let own =
        ["bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "usr"];
    path.starts_with('/') && !path.contains("..") && parts.next().is_some_and(|first| !own.contains(&&*first))
}

/// Writes the files of `/etc` that are the machine's own.
pub(crate) fn write_etc(folder: &Path, spec: &MachineSpec) -> io::Result<()> {
    let (name, home) = (&spec.machine.name, home_path(spec));
    let etc = folder.join("etc");
    crate::files::make_folder(&etc)?;
    for (file, text) in [
        (
            "passwd",
            format!(
                "{USER}:x:{USER_ID}:{USER_ID}:{USER}:{home}:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n"
            ),
        ),
        ("group", format!("{USER}:x:{USER_ID}:\nnogroup:x:65534:\n")),
        ("hosts", format!("127.0.0.1 localhost {name}\n::1 localhost {name}\n")),
        ("hostname", format!("{name}\n")),
        ("resolv.conf", String::new()),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ] {
        fs::write(etc.join(file), text)?;
    }
    Ok(())
}

/// The whole command, from `bwrap` to the template's own.
pub(crate) fn command(spec: &MachineSpec, places: &Places<'_>) -> Vec<OsString> {
    let mut line = Line(Vec::new());
    line.all(["bwrap", "--die-with-parent", "--as-pid-1", "--json-status-fd", "3"]);
    isolate(&mut line, spec);
    environment(&mut line, spec);
    system(&mut line, places);
    own(&mut line, spec, places);
    line.all(["--remount-ro", "/", "--chdir", home_path(spec), "--"]);
    agent(&mut line, spec);
    line.0
}

struct Line(Vec<OsString>);

impl Line {
    fn all<T: Into<OsString>, const N: usize>(&mut self, words: [T; N]) {
        self.0.extend(words.map(Into::into));
    }
}

fn isolate(line: &mut Line, spec: &MachineSpec) {
    line.all(["--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-net"]);
    line.all(["--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"]);
    let id = USER_ID.to_string();
    line.all(["--uid", &id, "--gid", &id, "--hostname", spec.machine.name.as_str()]);
}

fn environment(line: &mut Line, spec: &MachineSpec) {
    line.all(["--clearenv"]);
    let own =
        [("PATH", PATH), ("USER", USER), ("LOGNAME", USER), ("SHELL", "/bin/bash"), ("LANG", "C.UTF-8")];
    let of_template = spec.machine.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let home = [("HOME", home_path(spec))];
    for (name, value) in own.into_iter().chain(of_template).chain(home) {
        line.all(["--setenv", name, value]);
    }
}

/// What all machines see of this computer.
fn system(line: &mut Line, places: &Places<'_>) {
    line.all(["--ro-bind", "/usr", "/usr"]);
    for name in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
        match fs::read_link(name) {
            Ok(target) => line.all([OsString::from("--symlink"), target.into(), name.into()]),
            Err(_) => line.all(["--ro-bind-try", name, name]),
        }
    }
    for name in ETC_SHARED {
        let path = format!("/etc/{name}");
        if Path::new(&path).exists() {
            line.all(["--ro-bind", &path, &path]);
        }
    }
    for folder in places.shared {
        line.all([OsString::from("--ro-bind"), folder.into(), folder.into()]);
    }
    line.all(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"]);
}

/// What only this machine sees.
fn own(line: &mut Line, spec: &MachineSpec, places: &Places<'_>) {
    for file in ["passwd", "group", "hosts", "hostname", "resolv.conf", "nsswitch.conf"] {
        let source = places.folder.join("etc").join(file);
        line.all([OsString::from("--ro-bind"), source.into(), format!("/etc/{file}").into()]);
    }
    match &places.home {
        Some(home) => line.all([OsString::from("--bind"), home.into(), home_path(spec).into()]),
        None => line.all(["--tmpfs", home_path(spec)]),
    }
    for (kind, source, target) in [
        ("--bind", places.folder.join("run"), RUN),
        ("--bind", places.folder.join("lock"), LOCK),
        ("--ro-bind", places.agent.to_owned(), AGENT),
    ] {
        line.all([OsString::from(kind), source.into(), target.into()]);
    }
}

/// The agent, as docs/protocols.md says.
fn agent(line: &mut Line, spec: &MachineSpec) {
    let tags = &spec.tags;
    line.all([AGENT, "serve", "--listen", &format!("unix:{RUN}/{SOCKET}"), "--lock", LOCK]);
    line.all(["--sandbox", tags.sandbox.as_str(), "--machine", tags.machine.as_str()]);
    line.all(["--incarnation", &tags.incarnation.to_string(), "--home", home_path(spec)]);
    for (id, key) in &spec.agent_keys {
        line.all(["--key", &format!("{id}={key}")]);
    }
    if let domain::template::Runs::Process(process) = &spec.machine.runs
        && !process.command.is_empty()
    {
        line.all(["--"]);
        line.0.extend(process.command.iter().map(OsString::from));
    }
}

/// The agent's socket in the run folder.
pub(crate) const SOCKET: &str = "agent.sock";

/// Whether these are the arguments of the machine's agent.
pub(crate) fn is_agent_of(arguments: &[String], record: &MachineRecord) -> bool {
    let tags = &record.tags;
    let incarnation = tags.incarnation.to_string();
    let has =
        |option: &str, value: &str| arguments.windows(2).any(|pair| pair[0] == option && pair[1] == value);
    arguments.first().is_some_and(|program| program == AGENT)
        && has("--sandbox", tags.sandbox.as_str())
        && has("--machine", tags.machine.as_str())
        && has("--incarnation", &incarnation)
}

/// Where a machine's home lies on this computer.
pub(crate) fn home_source(folders: &Folders, spec: &MachineSpec) -> Option<PathBuf> {
    let tags = &spec.tags;
    spec.machine.home.as_ref()?;
    Some(folders.home(&tags.sandbox, &tags.machine, spec.home_generation).join(crate::home::FILES))
}

#[cfg(test)]
mod tests {
    use super::is_good_home;

    #[test]
    fn a_home_hides_nothing() {
        for good in ["/home/student", "/work", "/root", "/opt/lab", "/var/lib/x", "/tmp/home"] {
            assert!(is_good_home(good), "{good}");
        }
        for bad in ["/", "", "home", "/usr", "/usr/local", "/etc/x", "/proc", "/run/x", "/home/../usr", "//"]
        {
            assert!(!is_good_home(bad), "{bad}");
        }
    }
}
