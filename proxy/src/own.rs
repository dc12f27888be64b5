//! Our own paths on app hosts, all under `/_qj/`; none of them ever reaches an app.

mod commands;
mod enter;
mod files;
pub(crate) mod status;
mod terminal;

use http::{Method, Request, Response};
use hyper::body::Incoming;

use crate::body::Body;
use crate::headers;
use crate::origin::{Source, source};
use crate::pages;
use crate::problem::Problem;
use crate::visit::Visit;

/// Where our own paths begin.
pub(crate) const PREFIX: &str = "/_qj/";
/// Below it stands nothing that belongs to one sandbox.
pub(crate) const ASSETS: &str = "/_qj/assets/";

/// Whether a path is ours.
pub(crate) fn is_own(path: &str) -> bool {
    path == "/_qj" || path.starts_with(PREFIX)
}

/// Answers a request for one of our paths.
///
/// # Errors
/// Whatever the path says no to.
pub(crate) async fn answer(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    let upgrades = headers::wants_upgrade(request.headers());
    if upgrades || !is_safe(request.method()) {
        from_own_page(visit, &request)?;
    }
    let path = request.uri().path().to_owned();
    match path.strip_prefix(PREFIX) {
        Some("enter") => enter::answer(visit, request).await,
        Some("status") => status::answer(visit, &request).await,
        Some("wake") => commands::wake(visit, request.method()).await,
        Some("extend") => commands::extend(visit, request.method()).await,
        Some("terminal") => terminal::answer(visit, request).await,
        Some("files") => files::answer(visit, request).await,
        Some(_) | None => Err(Problem::unknown_path()),
    }
}

/// The page of a terminal app.
///
/// # Errors
/// The method reads nothing.
pub(crate) fn terminal_page(method: &Method) -> Result<Response<Body>, Problem> {
    if is_read(method) { Ok(pages::page("terminal")) } else { Err(Problem::method("GET, HEAD")) }
}

/// Methods that change nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    is_read(method) || method == Method::OPTIONS
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Our own paths are for our own pages only, so even programs must say that they are none.
fn from_own_page(visit: &Visit, request: &Request<Incoming>) -> Result<(), Problem> {
    match source(request.headers(), visit.shared.settings.scheme, &visit.authority) {
        Source::Own => Ok(()),
        Source::Program | Source::Foreign => Err(Problem::foreign_origin()),
    }
}
