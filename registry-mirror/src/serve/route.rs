//! What a request's target asks for. Pure.
//!
//! The upstream registry is the `ns` of the query, or the first word of the path when it is written like a
//! host, or the default. It is only ever a key of the allow-list.

mod path;
mod query;

use super::endpoint::Endpoint;
use super::problem::{Code, Problem};
use super::status::Status;
use crate::digest::Digest;
use crate::name::{ImageName, Reference, Registry, Repository};
use crate::source::TagPage;
use path::Path;
use query::Query;

/// Where a request leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// "Is this a registry?"
    Ping,
    /// A manifest; no reference for a tag that no registry can have.
    Manifest(ImageName, Option<Reference>),
    /// A blob.
    Blob(ImageName, Digest),
    /// The tags of a repository.
    Tags(ImageName, Tags),
    /// What refers to a manifest, and the only type of it that is wanted.
    Referrers(ImageName, Digest, Option<String>),
}

/// Which tags, and how the client named the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tags {
    /// The name as it stands in the path.
    pub(super) name: String,
    pub(super) page: TagPage,
}

/// A request's target, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    /// The `ns` of the query, as the client wrote it.
    pub(super) namespace: Option<String>,
    pub(super) route: Result<Route, Problem>,
}

/// Reads a target. `default` is the registry of names that say none.
pub(super) fn read(target: &str, default: &Registry) -> Target {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = Query::read(query);
    match path::read(path) {
        Ok(path) => Target {
            endpoint: path.endpoint(),
            route: route(path, &query, default),
            namespace: query.namespace().map(str::to_owned),
        },
        Err(problem) => Target { endpoint: Endpoint::Other, route: Err(problem), namespace: None },
    }
}

fn route(path: Path<'_>, query: &Query<'_>, default: &Registry) -> Result<Route, Problem> {
    match path {
        Path::Ping => Ok(Route::Ping),
        Path::Manifest { name, reference } => {
            Ok(Route::Manifest(image(name, query, default)?, read_reference(reference)?))
        }
        Path::Blob { name, digest } => Ok(Route::Blob(image(name, query, default)?, read_digest(digest)?)),
        Path::Tags { name } => {
            let tags = Tags { name: name.to_owned(), page: query.page()? };
            Ok(Route::Tags(image(name, query, default)?, tags))
        }
        Path::Referrers { name, digest } => {
            let wanted = query.artifact_type().map(str::to_owned);
            Ok(Route::Referrers(image(name, query, default)?, read_digest(digest)?, wanted))
        }
    }
}

fn image(name: &str, query: &Query<'_>, default: &Registry) -> Result<ImageName, Problem> {
    if query.has_several_namespaces() {
        return Err(bad_name("the query names several registries; send one ns"));
    }
    let in_query = query.namespace().map(read_registry).transpose()?;
    let (registry, repository) = match (in_query, path::split_registry(name)) {
        // Some clients say it twice: once for the mirror's path, once for its query.
        (Some(registry), Some((host, rest))) if host.parse().as_ref() == Ok(&registry) => (registry, rest),
        (Some(registry), _) => (registry, name),
        (None, Some((host, rest))) => (read_registry(&host)?, rest),
        (None, None) => (default.clone(), name),
    };
    let repository: Repository = repository.parse().map_err(|error| bad_name(format!("{error}")))?;
    Ok(ImageName::new(registry, repository))
}

fn read_registry(text: &str) -> Result<Registry, Problem> {
    text.parse().map_err(|_| Problem::unknown_registry())
}

fn bad_name(message: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Status::BadRequest, Code::NameInvalid, message)
}

fn read_digest(text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(|error| Problem::new(Status::BadRequest, Code::DigestInvalid, format!("{error}")))
}

/// A text that can be no tag is the name of a manifest that does not exist.
fn read_reference(text: &str) -> Result<Option<Reference>, Problem> {
    if text.contains(':') {
        return Ok(Some(Reference::Digest(read_digest(text)?)));
    }
    Ok(text.parse().ok())
}

#[cfg(test)]
mod tests;
