//! `region api-server`, `proxy`, `jobrunner`, `registry-mirror`: each role is a small program of its own beside this one, which takes
//! this process's place.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::Error;

/// What the role's program is told.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct RoleArgs {
    /// The role's own flags, such as --config FILE; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS")]
    pub flags: Vec<OsString>,
}

/// Becomes the role's program; comes back only when that fails.
pub(crate) fn run(program: &str, args: &RoleArgs) -> Result<ExitCode, Error> {
    let path = beside(program);
    let error = Command::new(&path).args(&args.flags).exec();
    Err(match error.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound(format!(
            "{} is not there: build it with `cargo build -p {program}`, or install it beside `region`",
            path.display()
        )),
        _ => Error::file(&path)(error),
    })
}

fn beside(program: &str) -> PathBuf {
    let folder = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.to_owned()));
    folder.unwrap_or_default().join(program)
}
