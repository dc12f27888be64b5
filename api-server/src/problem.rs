//! What an answer that is no success says: RFC 9457, from one closed catalogue ([`Kind`]).
//!
//! A handler makes a [`Problem`]; the outermost layer ([`render`]) writes it down with the request's id. What an
//! operator must know stays apart ([`Problem::because`]): it goes to the log and never into an answer.

mod body;
mod catalogue;
mod render;
mod stored;

use axum::response::{IntoResponse, Response};
use domain::field::FieldError;
use http::StatusCode;

pub(crate) use body::{FieldProblem, ProblemBody};
pub(crate) use catalogue::Kind;
pub(crate) use render::render;

use crate::view::CauseView;

/// One problem, before it is written down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    cause: Option<CauseView>,
    retry_after_s: Option<u64>,
    snapshot: Option<String>,
    /// For the log only.
    because: Option<String>,
}

impl Problem {
    /// A problem of this kind, without particulars.
    pub(crate) fn new(kind: Kind) -> Self {
        let retry_after_s = kind.entry().retry_after_s;
        let parts = Parts {
            kind,
            detail: None,
            errors: Vec::new(),
            cause: None,
            retry_after_s,
            snapshot: None,
            because: None,
        };
        Self(Box::new(parts))
    }

    /// What is wrong with the request's fields.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Kind::InvalidRequest);
        let first = errors.first().map(|error| match error.field.as_str() {
            "" => error.message.clone(),
            field => format!("`{field}`: {}", error.message),
        });
        problem.0.detail = first;
        problem.0.errors = errors;
        problem
    }

    /// One field is wrong.
    pub(crate) fn field(
        field: impl Into<String>,
        message: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self::fields(vec![FieldError::new(field, message, allowed)])
    }

    /// Particulars for the caller; nothing secret.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same, with particulars if it is of this kind.
    pub(crate) fn missing_detail(self, kind: Kind, detail: impl Into<String>) -> Self {
        if self.kind() == kind { self.detail(detail) } else { self }
    }

    /// The fields that it is about.
    pub(crate) fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Why the sandbox is where it is.
    pub(crate) fn cause(mut self, cause: Option<CauseView>) -> Self {
        self.0.cause = cause;
        self
    }

    /// When to try again.
    pub(crate) fn retry_after_s(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Where the present state is to be had instead.
    pub(crate) fn snapshot(mut self, path: impl Into<String>) -> Self {
        self.0.snapshot = Some(path.into());
        self
    }

    /// What an operator should know; for the log only.
    pub(crate) fn because(mut self, error: impl std::fmt::Display) -> Self {
        self.0.because = Some(error.to_string());
        self
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What the log should say of it.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.because.as_deref()
    }

    /// Its form in an answer; inside a list of results there is no id of its own.
    pub(crate) fn body(&self, request_id: Option<&str>) -> ProblemBody {
        let parts = &self.0;
        let entry = parts.kind.entry();
        ProblemBody {
            r#type: parts.kind,
            title: entry.text.en.to_owned(),
            status: entry.status,
            detail: parts.detail.clone(),
            errors: parts.errors.iter().cloned().map(Into::into).collect(),
            cause: parts.cause.clone(),
            retry_after_s: parts.retry_after_s,
            snapshot: parts.snapshot.clone(),
            request_id: request_id.map(ToOwned::to_owned),
        }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl IntoResponse for Problem {
    /// Only a mark: [`render`] writes the body, as only it knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_never_shows_what_is_for_the_log() {
        let problem = Problem::new(Kind::Internal).because("password=hunter2");
        let shown = serde_json::to_string(&problem.body(Some("r1"))).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("r1"));
    }

    #[test]
    fn the_first_field_is_in_the_detail() {
        let problem = Problem::field("owner", "is empty", "a name");
        assert_eq!(problem.body(None).detail.unwrap(), "`owner`: is empty");
    }
}
