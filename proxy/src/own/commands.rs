//! `/_qj/wake` and `/_qj/extend`: what a visitor may ask of the region by a click.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::api::Error;
use crate::body::{self, Body};
use crate::problem::Problem;
use crate::visit::Visit;

/// Starts a sandbox that stopped, where that is allowed.
pub(super) async fn wake(visit: &Visit, method: &Method) -> Result<Response<Body>, Problem> {
    command(visit, method, "/internal/wake").await?;
    Ok(body::empty(StatusCode::ACCEPTED))
}

/// Keeps a sandbox running for longer, up to its cap.
pub(super) async fn extend(visit: &Visit, method: &Method) -> Result<Response<Body>, Problem> {
    let answer = command(visit, method, "/internal/extend").await?;
    let shown = json!({ "expires_at": answer["expires_at"], "limited_by": answer["limited_by"] });
    Ok(body::full(StatusCode::OK, "application/json", shown.to_string()))
}

async fn command(visit: &Visit, method: &Method, path: &str) -> Result<Value, Problem> {
    if method != Method::POST {
        return Err(Problem::method("POST"));
    }
    let claims = visit.claims()?;
    visit.beat();
    let body = json!({ "sandbox": visit.host.sandbox, "user": claims.usr, "role": claims.rol });
    visit.shared.api.post(path, &body).await.map_err(|error| refused(visit, &error))
}

fn refused(visit: &Visit, error: &Error) -> Problem {
    match error {
        Error::Refused { status, problem, .. } => {
            let slug = if *status == StatusCode::CONFLICT { "conflict" } else { "command_refused" };
            let detail = problem["detail"].as_str().unwrap_or("the region refuses this now").to_owned();
            Problem::new(*status, slug, detail).with("cause", problem["cause"].clone())
        }
        Error::Unavailable(_) | Error::Malformed(_) => {
            tracing::warn!(sandbox.id = %visit.host.sandbox, %error, "a command can't be passed on");
            Problem::api_unavailable()
        }
    }
}
