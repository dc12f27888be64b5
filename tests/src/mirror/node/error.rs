//! Why a pull failed.

use std::error::Error as _;
use std::io;

use registry_mirror::Digest;
use reqwest::StatusCode;

/// Why a pull failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The last answer, with its body.
    #[error("{status}: {text}")]
    Status {
        /// Its code.
        status: StatusCode,
        /// Its body.
        text: String,
    },
    /// No connection, or it broke.
    #[error("the connection: {0:?}")]
    Connection(reqwest::Error),
    /// No headers within 30 s.
    #[error("no headers within 30 s")]
    Headers,
    /// A body ended short, several times without a byte in between.
    #[error("the body ends short of its length")]
    Short,
    /// The answer to a Range was of another place.
    #[error("the answer to a Range is of another place")]
    Range,
    /// Complete, and not what its digest says.
    #[error("{0} is complete and wrong")]
    Wrong(Digest),
    /// The answer names no digest.
    #[error("the answer names no digest")]
    NoDigest,
    /// The index has no image for this platform.
    #[error("the index has no image for linux/amd64")]
    NoPlatform,
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] registry_mirror::manifest::Error),
}

impl Error {
    pub(super) const fn connection(error: reqwest::Error) -> Self {
        Self::Connection(error)
    }
}

/// Whether a body ended by a clean end of its connection before its length was reached: what Go calls an
/// unexpected EOF. A reset is something else, and nothing is continued after it.
pub(super) fn is_short(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            let is_eof = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
            let below = error.source().and_then(|error| error.downcast_ref::<io::Error>());
            return error.is_incomplete_message() || below.is_some_and(is_eof);
        }
        cause = error.source();
    }
    false
}
