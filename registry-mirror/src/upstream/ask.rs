//! One question to an upstream.

use reqwest::{Method, Url};

use crate::name::Repository;

/// All manifest types, so that none is converted.
pub(super) const ACCEPT_MANIFESTS: &str = concat!(
    "application/vnd.oci.image.index.v1+json, ",
    "application/vnd.oci.image.manifest.v1+json, ",
    "application/vnd.docker.distribution.manifest.list.v2+json, ",
    "application/vnd.docker.distribution.manifest.v2+json, ",
    "application/vnd.oci.artifact.manifest.v1+json, */*"
);

/// Which bytes of the answer are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// All of them.
    Whole,
    /// Those from this one on.
    From(u64),
    /// Only the first, to learn the size where HEAD is refused.
    First,
}

impl Span {
    pub(super) fn header(self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::From(from) => Some(format!("bytes={from}-")),
            Self::First => Some("bytes=0-0".to_owned()),
        }
    }
}

/// One question to an upstream.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    /// As it is named here, for its token.
    pub(super) repository: &'a Repository,
    pub(super) accept: &'static str,
    pub(super) span: Span,
}

impl<'a> Ask<'a> {
    pub(super) fn get(url: Url, repository: &'a Repository, accept: &'static str) -> Self {
        Self { method: Method::GET, url, repository, accept, span: Span::Whole }
    }

    pub(super) fn head(url: Url, repository: &'a Repository, accept: &'static str) -> Self {
        Self { method: Method::HEAD, ..Self::get(url, repository, accept) }
    }

    pub(super) fn spanning(self, span: Span) -> Self {
        Self { span, ..self }
    }
}
