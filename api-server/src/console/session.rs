//! `POST|DELETE /console/session`: a single-use login code becomes a session, and a session ends.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::auth::{ended_cookie, hash_of, new_token, session_cookie, session_of};
use crate::body::Sent;
use crate::context::Api;
use crate::limits::CONSOLE_SESSION_S;
use crate::problem::{Kind, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    code: String,
}

pub(super) async fn begin(State(api): State<Api>, sent: Sent) -> Result<Response, Problem> {
    let Login { code } = sent.read()?;
    if !api.store.logins().redeem(&hash_of(&code)).await? {
        return Err(Kind::LoginCodeInvalid.into());
    }
    let session = new_token(api.random.as_ref());
    let expires_at = api.clock.now().plus_s(CONSOLE_SESSION_S);
    api.store.sessions().create(&hash_of(&session), expires_at).await?;
    let https = api.config.public_url.starts_with("https://");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session_cookie(&session, https))]).into_response())
}

/// Ends the session that the request carries, if any.
pub(super) async fn end(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(session) = session_of(&headers) {
        api.store.sessions().end(&hash_of(session)).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, ended_cookie())]).into_response())
}
