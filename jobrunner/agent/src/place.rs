//! Where a machine's commands run and its files lie: home, root, and the environment that commands get.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::problem::Problem;

const PATH_MAX_BYTES: usize = 4096;
/// What commands get where the agent's own environment says nothing.
const DEFAULTS: [(&str, &str); 3] = [
    ("TERM", "xterm-256color"),
    ("LANG", "C.UTF-8"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
];

/// The machine as its own user sees it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The user's home: where relative paths begin and commands start.
    pub(crate) home: PathBuf,
    /// Where absolute paths of files begin, usually `/`.
    pub(crate) root: PathBuf,
}

impl Place {
    /// The file that a caller's `path` means: relative to home unless absolute, never with `..`.
    pub(crate) fn resolve(&self, path: &str) -> Result<PathBuf, Problem> {
        if path.contains('\0') || path.len() > PATH_MAX_BYTES {
            return Err(Problem::bad_request(format!(
                "path must be at most {PATH_MAX_BYTES} bytes without NUL"
            )));
        }
        let path = Path::new(path);
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(Problem::bad_request(
                "path must not contain `..`: name the file from its home or from /",
            ));
        }
        Ok(match path.strip_prefix("/") {
            Ok(from_root) => self.root.join(from_root),
            Err(_) => self.home.join(path),
        })
    }

    /// A command in this place: `cwd` is relative to home unless absolute; `env` comes on top of the agent's own.
    pub(crate) fn command(
        &self,
        argv: &[String],
        cwd: Option<&str>,
        env: &BTreeMap<String, String>,
    ) -> Result<Command, Problem> {
        let Some((program, arguments)) = argv.split_first().filter(|(program, _)| !program.is_empty()) else {
            return Err(Problem::bad_request("argv must name a program"));
        };
        if argv.iter().chain(env.values()).any(|text| text.contains('\0')) {
            return Err(Problem::bad_request("argv and env must not contain NUL"));
        }
        if let Some(name) = env.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
            return Err(Problem::bad_request(format!(
                "env has the impossible name `{}`",
                name.escape_debug()
            )));
        }
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.working_directory(cwd)?);
        self.surround(&mut command);
        command.envs(env);
        Ok(command)
    }

    fn working_directory(&self, cwd: Option<&str>) -> Result<PathBuf, Problem> {
        let directory = self.home.join(cwd.unwrap_or_default());
        if directory.is_dir() {
            return Ok(directory);
        }
        match cwd {
            Some(cwd) => Err(Problem::bad_request(format!("cwd is no folder: {}", cwd.escape_debug()))),
            None => Ok("/".into()),
        }
    }

    fn surround(&self, command: &mut Command) {
        for (name, value) in DEFAULTS {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command.env("HOME", &self.home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_where_they_belong() {
        let place = Place { home: "/home/s".into(), root: "/".into() };
        assert_eq!(place.resolve("a/b.txt").unwrap(), Path::new("/home/s/a/b.txt"));
        assert_eq!(place.resolve("").unwrap(), Path::new("/home/s"));
        assert_eq!(place.resolve("/etc/hosts").unwrap(), Path::new("/etc/hosts"));
        for bad in ["..", "a/../b", "/../x", "a\0b", &"x".repeat(5000)] {
            assert_eq!(place.resolve(bad).unwrap_err().slug, "bad_request");
        }
        let rooted = Place { home: "/home/s".into(), root: "/machine".into() };
        assert_eq!(rooted.resolve("/etc/hosts").unwrap(), Path::new("/machine/etc/hosts"));
    }

    #[test]
    fn commands_are_checked() {
        let place = Place { home: "/".into(), root: "/".into() };
        let none = BTreeMap::new();
        let named = BTreeMap::from([("A=B".to_owned(), String::new())]);
        assert!(place.command(&[], None, &none).is_err());
        assert!(place.command(&["a\0".to_owned()], None, &none).is_err());
        assert!(place.command(&["a".to_owned()], Some("/no/such"), &none).is_err());
        assert!(place.command(&["a".to_owned()], None, &named).unwrap_err().detail.contains("A=B"));
    }
}
