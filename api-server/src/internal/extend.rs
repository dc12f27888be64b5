//! `POST /internal/extend`: a visitor chose "keep working".

use axum::Json;
use axum::extract::State;
use domain::time::Timestamp;
use serde::Serialize;

use super::visit::Visit;
use crate::auth::Role;
use crate::body::Sent;
use crate::context::Api;
use crate::limits::KEEP_WORKING_S;
use crate::problem::Problem;

#[derive(Serialize)]
pub(super) struct Granted {
    expires_at: Timestamp,
    limited_by: Option<&'static str>,
}

/// Moves the end to an hour from now, never nearer than it was; an announced idle stop is called off by it too.
pub(super) async fn handler(
    State(api): State<Api>,
    _role: Role,
    sent: Sent,
) -> Result<Json<Granted>, Problem> {
    let visit: Visit = sent.read()?;
    let sandbox = api.store.sandboxes().get(&visit.sandbox).await?;
    let until = api.clock.now().plus_s(KEEP_WORKING_S).max(sandbox.intent.expires_at);
    let extended = api.store.intent().extend(&visit.sandbox, None, until).await?;
    let (expires_at, limited_by) = (extended.sandbox.intent.expires_at, extended.limited_by);
    tracing::info!(
        sandbox.id = %visit.sandbox, user.id = %visit.user, user.role = %visit.role, "extended by a visitor"
    );
    Ok(Json(Granted { expires_at, limited_by }))
}
