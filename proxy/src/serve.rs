//! One request from its head to its answer.

use std::sync::Arc;
use std::time::Instant;

use domain::template::AppKind;
use http::header::{CONNECTION, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::Body;
use crate::door;
use crate::forward;
use crate::gate::REFUSED_METHOD;
use crate::headers;
use crate::log::Line;
use crate::origin::{Source, source};
use crate::own;
use crate::pages;
use crate::problem::Problem;
use crate::shared::Shared;
use crate::upgrade;
use crate::visit::{self, Caller, Visit};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one request.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    caller: Caller,
    request: Request<Incoming>,
) -> Response<Body> {
    let (began, _in_flight) = (Instant::now(), shared.metrics.request_begins());
    let upgrades = headers::wants_upgrade(request.headers());
    let line = Line::of(&request);
    let looked_at = visit::is_navigation(request.method(), request.headers());
    let authority = visit::authority(request.headers()).to_owned();
    let own = own::is_own(request.uri().path());
    let answered = respond(shared.clone(), caller, request).await;
    let ours = own || answered.is_err();
    let mut response = answered.unwrap_or_else(|problem| refuse(&shared, &problem, looked_at));
    if ours && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        guard(&shared, &mut response, &authority);
    }
    if upgrades && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // What comes behind a refused upgrade is of no protocol that we know.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    shared.metrics.answered(response.status());
    line.write(&response, began.elapsed());
    response
}

fn refuse(shared: &Shared, problem: &Problem, looked_at: bool) -> Response<Body> {
    shared.metrics.problem(problem.slug);
    let id = shared.request_ids.next();
    let mut response = if looked_at { pages::problem(problem, &id) } else { problem.to_json(&id) };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A machine's files carry a stricter guard already.
fn guard(shared: &Shared, response: &mut Response<Body>, authority: &str) {
    if matches!(response.body(), http_body_util::Either::Left(_)) {
        pages::guard(response, authority, &shared.settings.embedding);
    }
}

async fn respond(
    shared: Arc<Shared>,
    caller: Caller,
    request: Request<Incoming>,
) -> Result<Response<Body>, Problem> {
    if request.method().as_str() == REFUSED_METHOD
        && let Some(refusal) = caller.peer.verdict.get()
    {
        return Err(Problem::refused(*refusal));
    }
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix(own::ASSETS) {
        visit::app_host(visit::authority(request.headers()), &shared.settings.domain)?;
        return pages::asset(name).ok_or_else(Problem::unknown_path);
    }
    let visit = Visit::new(shared, caller, request.headers()).await?;
    if own::is_own(path) {
        return own::answer(&visit, request).await;
    }
    visit.claims()?;
    from_allowed_page(&visit, &request)?;
    visit.beat();
    to_app(&visit, request).await
}

/// What changes things comes from the app's own pages, or from no page at all; an upgrade from its own pages only,
/// as browsers apply no same-origin policy to WebSockets.
fn from_allowed_page(visit: &Visit, request: &Request<Incoming>) -> Result<(), Problem> {
    let upgrades = headers::wants_upgrade(request.headers());
    if !upgrades && own::is_safe(request.method()) {
        return Ok(());
    }
    match source(request.headers(), visit.shared.settings.scheme, &visit.authority) {
        Source::Own => Ok(()),
        Source::Program if !upgrades => Ok(()),
        Source::Program | Source::Foreign => Err(Problem::foreign_origin()),
    }
}

async fn to_app(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    match visit.app.kind {
        AppKind::Http => {
            let port = visit.app.port_for(visit.host.port).ok_or_else(Problem::unknown_host)?;
            if headers::wants_upgrade(request.headers()) {
                upgrade::to_port(visit, request, port).await
            } else {
                forward::to_port(visit, request, port).await
            }
        }
        AppKind::Terminal if request.uri().path() == "/" => {
            if door::ready(&visit.route, &visit.app.machine).is_some() {
                own::terminal_page(request.method())
            } else {
                Err(Problem::not_ready(&visit.route))
            }
        }
        AppKind::Terminal => Err(Problem::unknown_path()),
        AppKind::Desktop | AppKind::Tcp => {
            let detail = "apps of this kind are not reached by a browser";
            Err(Problem::new(StatusCode::NOT_FOUND, "unsupported_app_kind", detail))
        }
    }
}
