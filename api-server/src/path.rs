//! Path parameters that name things. A text that can't be a name names nothing: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use domain::id::{SandboxId, TemplateName, TenantId};
use http::request::Parts;

use crate::problem::{Kind, Problem};

/// A name in a path, under the name of its parameter.
pub(crate) trait InPath: FromStr {
    /// Said when there is no such thing.
    const MISSING: Kind;
}

impl InPath for SandboxId {
    const MISSING: Kind = Kind::SandboxNotFound;
}

impl InPath for TemplateName {
    const MISSING: Kind = Kind::TemplateNotFound;
}

impl InPath for TenantId {
    const MISSING: Kind = Kind::TenantNotFound;
}

/// The one name of a path.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: InPath> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let text = path.map_err(|_| Problem::new(T::MISSING))?.0;
        text.parse().map(Self).map_err(|_| Problem::new(T::MISSING))
    }
}
