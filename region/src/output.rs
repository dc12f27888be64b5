//! What commands print: JSON for programs on request, tables and lines for people otherwise.

pub mod age;
pub mod table;

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use serde_json::Value;

use crate::Error;

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// JSON instead of tables and prose.
    pub json: bool,
}

impl Output {
    /// Prints an answer: as JSON when asked for, else what `human` makes of it.
    ///
    /// # Errors
    /// [`Error::Failed`] when standard output takes no more.
    pub fn print(self, answer: &Value, human: impl FnOnce() -> String) -> Result<(), Error> {
        if self.json { line(&pretty(answer)) } else { line(human().trim_end()) }
    }

    /// Prints one of many answers: one line of JSON, or what `human` makes of it.
    ///
    /// # Errors
    /// [`Error::Failed`] when standard output takes no more.
    pub fn print_line(self, answer: &Value, human: impl FnOnce() -> String) -> Result<(), Error> {
        if self.json { line(&answer.to_string()) } else { line(&human()) }
    }

    /// Prints a remark for people: on standard error, and not at all when a program reads.
    pub fn remark(self, text: &str) {
        if !self.json {
            // Nobody is left to be told that standard error is closed.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Says on standard error why a command failed.
    pub fn error(self, error: &Error) {
        let text = if self.json { error.to_json().to_string() } else { format!("error: {error}") };
        // Standard error may be closed; the exit code still tells.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Whether people look at what runs on.
    #[must_use]
    pub fn is_live(self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }
}

/// Writes one line to standard output. A reader that went away (`region events | head`) is no failure.
///
/// # Errors
/// [`Error::Failed`] for anything else, such as a full disk.
pub fn line(text: &str) -> Result<(), Error> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes to standard output, as [`line`] does.
///
/// # Errors
/// [`Error::Failed`].
pub fn bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Error::Failed(format!("standard output: {error}"))),
    }
}

/// JSON as people indent it.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
