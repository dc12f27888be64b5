//! `GET /v1/catalogue`

use axum::Json;
use domain::cause::{Code, Who};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Kind;
use crate::view::{CauseSlug, TextView};

/// Every problem and every cause that this release knows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Catalogue {
    /// What an answer that is no success may say.
    problems: Vec<ProblemEntry>,
    /// Why a sandbox may wait, fail or be stopped.
    causes: Vec<CauseEntry>,
}

/// One kind of problem.
#[derive(Serialize, ToSchema)]
struct ProblemEntry {
    /// Its stable name.
    slug: Kind,
    /// The status of its answer.
    status: u16,
    /// Whether the same request may succeed later by itself.
    retryable: bool,
    /// Who must act.
    #[schema(value_type = String)]
    who: Who,
    /// What happened.
    text: TextView,
    /// What to do.
    next: TextView,
}

/// One cause.
#[derive(Serialize, ToSchema)]
struct CauseEntry {
    /// Its stable name.
    slug: CauseSlug,
    /// Whether trying again may help.
    retryable: bool,
    /// Who must act.
    #[schema(value_type = String)]
    who: Who,
    /// What happened.
    text: TextView,
    /// What to do.
    next: TextView,
}

/// The closed catalogue of problems and causes, in Chinese and English. Needs no key.
#[utoipa::path(
    get, path = "/v1/catalogue", operation_id = "catalogue", tag = "region",
    responses((status = 200, body = Catalogue)), security(())
)]
pub(crate) async fn handler() -> Json<Catalogue> {
    Json(Catalogue {
        problems: Kind::ALL.iter().copied().map(problem).collect(),
        causes: Code::ALL.iter().copied().map(cause).collect(),
    })
}

fn problem(kind: Kind) -> ProblemEntry {
    let entry = kind.entry();
    ProblemEntry {
        slug: kind,
        status: entry.status,
        retryable: entry.retry_after_s.is_some(),
        who: entry.who,
        text: entry.text.into(),
        next: entry.next.into(),
    }
}

fn cause(code: Code) -> CauseEntry {
    let entry = code.entry();
    CauseEntry {
        slug: CauseSlug(code),
        retryable: entry.retryable,
        who: entry.who,
        text: entry.text.into(),
        next: entry.next.into(),
    }
}
