//! The words of a path.

use std::borrow::Cow;

use super::super::endpoint::Endpoint;
use super::super::problem::{Code, Problem};
use super::super::status::Status;
use crate::name::host_of;

/// The longest path that is read, in bytes: a name, a digest and some room.
const PATH_MAX_BYTES: usize = 1024;

/// A path that leads somewhere; its words are not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path<'t> {
    Ping,
    Manifest { name: &'t str, reference: &'t str },
    Blob { name: &'t str, digest: &'t str },
    Tags { name: &'t str },
    Referrers { name: &'t str, digest: &'t str },
}

impl Path<'_> {
    pub(super) const fn endpoint(&self) -> Endpoint {
        match self {
            Self::Ping => Endpoint::Ping,
            Self::Manifest { .. } => Endpoint::Manifest,
            Self::Blob { .. } => Endpoint::Blob,
            Self::Tags { .. } => Endpoint::Tags,
            Self::Referrers { .. } => Endpoint::Referrers,
        }
    }
}

/// Splits a path. Nothing that a registry knows needs percent-encoding, so there is none to decode.
pub(super) fn read(path: &str) -> Result<Path<'_>, Problem> {
    if path.len() > PATH_MAX_BYTES || !path.bytes().all(is_plain) {
        return Err(bad(
            "the path holds characters that no image name has; write it without percent-encoding",
        ));
    }
    if path.split('/').any(|word| matches!(word, "." | "..")) {
        return Err(bad("the path must not hold . or .. as words"));
    }
    if matches!(path, "/v2" | "/v2/") {
        return Ok(Path::Ping);
    }
    path.strip_prefix("/v2/").and_then(split).ok_or_else(unknown)
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b':' | b'+')
}

/// From the right: a name may hold any of our words.
fn split(rest: &str) -> Option<Path<'_>> {
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Some(Path::Tags { name });
    }
    let (rest, last) = rest.rsplit_once('/')?;
    let (name, kind) = rest.rsplit_once('/')?;
    match kind {
        "manifests" => Some(Path::Manifest { name, reference: last }),
        "blobs" => Some(Path::Blob { name, digest: last }),
        "referrers" => Some(Path::Referrers { name, digest: last }),
        _ => None,
    }
}

/// The registry at the beginning of a name, if its first word is written like a host.
pub(super) fn split_registry(name: &str) -> Option<(Cow<'_, str>, &str)> {
    let (word, rest) = name.split_once('/')?;
    Some((host_of(word)?, rest))
}

fn bad(message: &'static str) -> Problem {
    Problem::new(Status::BadRequest, Code::NameInvalid, message)
}

fn unknown() -> Problem {
    let message =
        Cow::Borrowed("there is nothing at this path; manifests, blobs, tags and referrers are below /v2/");
    Problem::new(Status::NotFound, Code::Unsupported, message)
}
