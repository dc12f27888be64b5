//! What can be wrong with a configuration.

use std::path::PathBuf;

use super::Source;

/// What is wrong with a configuration: where, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("configuration file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is no TOML. The line itself is not shown, as it may hold a secret.
    #[error("configuration file {}, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// There is no such field.
    #[error("configuration field `{field}` ({origin}) does not exist; allowed here: {allowed}")]
    Unknown {
        /// The field, `section.name`.
        field: String,
        /// Who set it.
        origin: Source,
        /// The fields that exist at this place.
        allowed: String,
    },
    /// A value is of the wrong type or out of range.
    #[error("configuration field `{field}` ({origin}): {message}")]
    Invalid {
        /// The field, `section.name`.
        field: String,
        /// Who set it.
        origin: Source,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A flag is not of the form `SECTION.FIELD=VALUE`.
    #[error("flag {flag}: must be SECTION.FIELD=VALUE, such as telemetry.filter=debug")]
    Assignment {
        /// The flag with its field's name, but without the value.
        flag: String,
    },
    /// The configuration can't be written as TOML.
    #[error("the configuration can't be printed: {0}")]
    Print(#[from] toml::ser::Error),
}
