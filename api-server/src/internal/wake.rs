//! `POST /internal/wake`: a visitor starts a stopped sandbox.

use axum::extract::State;
use domain::phase::{Phase, Wanted};
use domain::sandbox::Sandbox;
use http::StatusCode;

use super::visit::Visit;
use crate::auth::Role;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Kind, Problem};

pub(super) async fn handler(State(api): State<Api>, _role: Role, sent: Sent) -> Result<StatusCode, Problem> {
    let visit: Visit = sent.read()?;
    let sandbox = api.store.sandboxes().get(&visit.sandbox).await?;
    if is_on_its_way(&sandbox) {
        return Ok(StatusCode::ACCEPTED);
    }
    require_wakeable(&sandbox)?;
    match api.store.intent().start(&visit.sandbox, Some(sandbox.intent.generation)).await {
        // A second tab's click came first; whatever else it was, the next click finds out.
        Ok(_) | Err(store::Error::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    tracing::info!(
        sandbox.id = %visit.sandbox, user.id = %visit.user, user.role = %visit.role, "woken by a visitor"
    );
    Ok(StatusCode::ACCEPTED)
}

/// A second tab's click finds it started already.
fn is_on_its_way(sandbox: &Sandbox) -> bool {
    sandbox.intent.wanted == Wanted::Running && sandbox.status.phase != Phase::Failed
}

/// The rule of [`domain::route::Route::can_wake`].
fn require_wakeable(sandbox: &Sandbox) -> Result<(), Problem> {
    let at_rest = matches!(sandbox.status.phase, Phase::Stopped | Phase::Failed);
    if at_rest && sandbox.intent.wanted == Wanted::Stopped && sandbox.intent.wakeable {
        return Ok(());
    }
    Err(Kind::NotWakeable.into())
}
