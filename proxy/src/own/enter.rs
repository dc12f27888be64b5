//! `/_qj/enter`: a page that redeems a ticket by POST, so that whoever only looks at a link burns nothing.

use domain::route::Route;
use http::header::{HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::is_read;
use crate::access;
use crate::api::Error;
use crate::body::{self, Body};
use crate::pages;
use crate::problem::Problem;
use crate::visit::Visit;

/// A ticket is some dozens of characters.
const BODY_BYTES_MAX: usize = 4 * 1024;

#[derive(Deserialize)]
struct Entry {
    ticket: String,
}

#[derive(Deserialize)]
struct Redeemed {
    cookie: String,
    max_age_s: u64,
    route: Value,
}

pub(super) async fn answer(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    match request.method() {
        method if is_read(method) => Ok(pages::page("enter")),
        &Method::POST => redeem(visit, request).await,
        _ => Err(Problem::method("GET, HEAD, POST")),
    }
}

async fn redeem(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    let entry = read(request).await?;
    let body = json!({ "ticket": entry.ticket, "sandbox": visit.host.sandbox, "app": visit.host.app });
    match visit.shared.api.post::<Redeemed>("/internal/redeem", &body).await {
        Ok(redeemed) => admit(visit, redeemed),
        // Reloading a page with a spent ticket in its address must not show an error.
        Err(_) if visit.claims.is_some() => {
            visit.beat();
            Ok(entered(visit))
        }
        Err(Error::Refused { slug, problem, .. }) => Err(refused(visit, &slug, &problem)),
        Err(error @ (Error::Unavailable(_) | Error::Malformed(_))) => {
            tracing::warn!(sandbox.id = %visit.host.sandbox, %error, "a ticket can't be redeemed");
            Err(Problem::api_unavailable())
        }
    }
}

async fn read(request: Request<Incoming>) -> Result<Entry, Problem> {
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await;
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 4096 bytes");
    let bytes = body.map_err(|_| too_large())?.to_bytes();
    let bad = || Problem::bad_request("the body must be a JSON object with the field `ticket`, a string");
    serde_json::from_slice(&bytes).map_err(|_| bad())
}

fn admit(visit: &Visit, redeemed: Redeemed) -> Result<Response<Body>, Problem> {
    match serde_json::from_value::<Route>(redeemed.route) {
        Ok(route) if route.sandbox == visit.host.sandbox => {
            visit.shared.table.offer(route);
        }
        // The feed will bring it; the cookie is good all the same.
        Ok(_) | Err(_) => {
            tracing::error!(sandbox.id = %visit.host.sandbox, "the route of a redeemed ticket can't be read")
        }
    }
    let embedding = &visit.shared.settings.embedding;
    let cookie = access::set_cookie(&redeemed.cookie, redeemed.max_age_s, embedding);
    let mut cookie = HeaderValue::from_str(&cookie).map_err(|_| Problem::api_unavailable())?;
    cookie.set_sensitive(true);
    visit.beat();
    let mut response = entered(visit);
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

fn entered(visit: &Visit) -> Response<Body> {
    let next = visit.app.path.as_deref().unwrap_or("/");
    body::full(StatusCode::OK, "application/json", json!({ "next": next }).to_string())
}

fn refused(visit: &Visit, slug: &str, problem: &Value) -> Problem {
    let (slug, detail) = match slug {
        "ticket_spent" => {
            ("ticket_spent", "this link was used already; open the environment from your classroom")
        }
        "ticket_expired" => {
            ("ticket_expired", "this link has expired; open the environment from your classroom")
        }
        _ => ("ticket_unknown", "this link is not valid here; open the environment from your classroom"),
    };
    let reentry_url = visit.reentry_url().map_or_else(|| problem["reentry_url"].clone(), Value::from);
    Problem::new(StatusCode::FORBIDDEN, slug, detail).with("reentry_url", reentry_url)
}
