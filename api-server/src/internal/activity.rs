//! `POST /internal/activity`: what a proxy saw its visitors do.

use axum::extract::State;
use domain::id::SandboxId;
use domain::time::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use store::Report;

use crate::auth::Role;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::Problem;

/// One report. `connected` is not read: a connection without input is no activity.
#[derive(Deserialize)]
struct Reported {
    reporter: String,
    from: Timestamp,
    to: Timestamp,
    #[serde(default)]
    active: Vec<Active>,
}

#[derive(Deserialize)]
struct Active {
    sandbox: SandboxId,
    at: Timestamp,
}

pub(super) async fn handler(State(api): State<Api>, _role: Role, sent: Sent) -> Result<StatusCode, Problem> {
    let Reported { reporter, from, to, active } = sent.read()?;
    if to < from {
        return Err(Problem::field("to", "is before `from`", "the end of the span"));
    }
    let active = active.into_iter().map(|one| (one.sandbox, one.at)).collect();
    api.store.activity().report(Report { reporter, from, to, active }).await?;
    Ok(StatusCode::NO_CONTENT)
}
