//! The form of a problem in JSON.

use domain::field::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

use super::Kind;
use crate::view::CauseView;

/// A problem (RFC 9457, `application/problem+json`). Match on `type`; the rest is for people and logs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Stable name, from the catalogue (`GET /v1/catalogue`).
    pub(crate) r#type: Kind,
    /// What happened, in English; the catalogue has it in Chinese too.
    pub(crate) title: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// Particulars of this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldProblem>,
    /// Why the sandbox waits or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<CauseView>,
    /// Seconds after which a new try makes sense; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_s: Option<u64>,
    /// Where the present state is to be had, when a cursor is too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<String>,
    /// The request's id, for the operators; absent inside a list of results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Its path from the body's root, such as `machines[0].apps[1].port`, or the query parameter's name.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed: Option<String>,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self { field: error.field, message: error.message, allowed: error.allowed }
    }
}
