//! Why a command failed, and the exit code that says so to scripts.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::problem::Problem;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line makes no sense, or lacks something.
    #[error("{0}")]
    Usage(String),
    /// The API answered with a problem.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// Nobody answers at the region's address.
    #[error(
        "{url} does not answer: {reason}\n  start a region on this computer with `region up`, or name another with --url or QINGJIAO_URL"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong, without secrets.
        reason: String,
    },
    /// The answer is not what this release understands.
    #[error("the answer to {request} cannot be read: {reason}")]
    Answer {
        /// Method and path.
        request: String,
        /// What does not fit.
        reason: String,
    },
    /// A file or folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Somebody else holds what is needed.
    #[error("{0}")]
    Conflict(String),
    /// What is needed does not answer.
    #[error("{0}")]
    Unavailable(String),
    /// Anything else, in words that say what to do.
    #[error("{0}")]
    Failed(String),
}

/// Exit codes of every command, as `region --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Something failed.
    Failed = 1,
    /// The command line or a field of it is wrong.
    Usage = 2,
    /// There is no such sandbox, template, tenant or file.
    NotFound = 3,
    /// Somebody was quicker, or it is not in the state that the command needs.
    Conflict = 4,
    /// The region or something that it needs does not answer, or takes nothing now.
    Unavailable = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Error {
    /// Whether the same request may succeed a moment later: its process is being replaced, or has too much to do.
    #[must_use]
    pub fn will_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// A file's error.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// A mistake in a field or flag.
    pub fn wrong(error: impl Display) -> Self {
        Self::Usage(error.to_string())
    }

    /// Something that has no better place.
    pub fn failed(error: impl Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Something that does not answer now.
    pub fn unavailable(error: impl Display) -> Self {
        Self::Unavailable(error.to_string())
    }

    /// The same for programs: `error` has the words, `problem` what the API answered (RFC 9457), if it did.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let problem = if let Self::Problem(problem) = self { json!(problem) } else { Value::Null };
        json!({ "error": self.to_string(), "problem": problem })
    }

    /// The exit code that scripts see.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Problem(problem) => exit_of_status(problem.status),
            Self::Unreachable { .. } | Self::Unavailable(_) => Exit::Unavailable,
            Self::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Exit::NotFound,
            Self::NotFound(_) => Exit::NotFound,
            Self::Conflict(_) => Exit::Conflict,
            Self::Answer { .. } | Self::File { .. } | Self::Failed(_) => Exit::Failed,
        }
    }
}

fn exit_of_status(status: u16) -> Exit {
    match status {
        400 | 422 => Exit::Usage,
        404 | 410 => Exit::NotFound,
        409 => Exit::Conflict,
        429 | 502..=504 => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let text = format!("store: {error}");
        match error {
            store::Error::NotFound => Self::NotFound(text),
            store::Error::Conflict | store::Error::NotRunning | store::Error::RefTaken(_) => {
                Self::Conflict(text)
            }
            store::Error::Refused { .. } => Self::Usage(text),
            store::Error::Unavailable { .. } => Self::Unavailable(text),
            store::Error::QuotaExceeded(_) | store::Error::PositionGone | store::Error::Corrupt { .. } => {
                Self::Failed(text)
            }
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_the_documented_exit_codes() {
        let rows = [
            (422, Exit::Usage),
            (404, Exit::NotFound),
            (409, Exit::Conflict),
            (503, Exit::Unavailable),
            (403, Exit::Failed),
            (500, Exit::Failed),
        ];
        for (status, exit) in rows {
            assert_eq!(Error::from(Problem { status, ..Problem::default() }).exit(), exit, "{status}");
        }
    }

    #[test]
    fn programs_are_told_what_people_are() {
        let problem = Problem { status: 422, title: "Wrong.".to_owned(), ..Problem::default() };
        let told = Error::from(problem).to_json();
        assert_eq!((&told["problem"]["status"], &told["problem"]["title"]), (&json!(422), &json!("Wrong.")));
        let told = Error::Usage("no such field".to_owned()).to_json();
        assert_eq!(told, json!({ "error": "no such field", "problem": null }));
    }
}
