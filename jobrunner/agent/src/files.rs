//! `GET|PUT|DELETE /files?path=P`: the machine's files, as its own user sees them.

mod delete;
mod folder;
mod get;
mod put;

use std::io;

use http::{StatusCode, Uri};
use rustix::io::Errno;

use crate::problem::Problem;

pub(crate) use delete::handle as handle_delete;
pub(crate) use get::handle as handle_get;
pub(crate) use put::handle as handle_put;

/// The value of a field of the query.
pub(crate) fn query(uri: &Uri, name: &str) -> Option<String> {
    queries(uri, name).next()
}

/// All values of a field of the query, in order.
pub(crate) fn queries<'a>(uri: &'a Uri, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn path_of(uri: &Uri) -> Result<String, Problem> {
    query(uri, "path").ok_or_else(|| Problem::bad_request("path is required: ?path=NAME"))
}

/// A failed file operation as the caller should read it.
fn problem(path: &str, error: &io::Error) -> Problem {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    let (status, slug) = match errno {
        Some(Errno::NOENT) => (StatusCode::NOT_FOUND, "not_found"),
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => (StatusCode::FORBIDDEN, "permission_denied"),
        Some(Errno::NOSPC | Errno::DQUOT) => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
        Some(Errno::NOTDIR | Errno::ISDIR | Errno::EXIST | Errno::NOTEMPTY | Errno::BUSY) => {
            (StatusCode::CONFLICT, "conflict")
        }
        Some(Errno::NAMETOOLONG | Errno::LOOP | Errno::INVAL) => (StatusCode::BAD_REQUEST, "bad_request"),
        Some(Errno::FBIG) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "file_failed"),
    };
    Problem::new(status, slug, format!("{}: {error}", path.escape_debug()))
}

#[cfg(test)]
mod tests;
