//! One request, understood: which app of which sandbox it is for, and who makes it.

use std::sync::Arc;

use domain::host::AppHost;
use domain::route::{Route, RouteApp};
use domain::time::Timestamp;
use domain::token::CookieClaims;
use http::header::{ACCEPT, HOST, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use runtime::http::Slot;
use serde_json::json;

use crate::gate::Peer;
use crate::problem::Problem;
use crate::shared::Shared;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Who makes a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) peer: Peer,
    /// Its place among the connections that we allow.
    pub(crate) slot: Slot,
}

/// One request, understood.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Caller,
    pub(crate) host: AppHost,
    /// The `Host` header, port included.
    pub(crate) authority: String,
    pub(crate) route: Arc<Route>,
    pub(crate) app: RouteApp,
    /// What the cookie says; `None` without a valid one.
    pub(crate) claims: Option<Arc<CookieClaims>>,
}

impl Visit {
    /// Finds the app that the request is for.
    ///
    /// # Errors
    /// The host is not ours, or there is no such sandbox, app or port.
    pub(crate) async fn new(
        shared: Arc<Shared>,
        caller: Caller,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let authority = authority(headers).to_owned();
        let host = app_host(&authority, &shared.settings.domain)?;
        let route = match shared.table.get(&host.sandbox) {
            Some(route) => route,
            // It may be younger than what the feed has told.
            None => shared.pulls.newest(&host.sandbox).await.ok_or_else(Problem::unknown_host)?,
        };
        let app =
            route.apps.iter().find(|app| app.name == host.app).cloned().ok_or_else(Problem::unknown_host)?;
        if host.port.is_some() && app.port_for(host.port).is_none() {
            return Err(Problem::unknown_host());
        }
        let claims = shared.cookies.find(headers, &host, &route, shared.clock.now());
        Ok(Self { shared, caller, host, authority, route, app, claims })
    }

    /// What the cookie says.
    ///
    /// # Errors
    /// There is no valid one.
    pub(crate) fn claims(&self) -> Result<&Arc<CookieClaims>, Problem> {
        self.claims.as_ref().ok_or_else(|| self.no_access())
    }

    /// Why nobody gets in like this, and where the platform lets people in again.
    pub(crate) fn no_access(&self) -> Problem {
        if self.shared.cookies.is_blind() {
            return Problem::api_unavailable();
        }
        let detail = "there is no valid access to this environment; open it again from your classroom";
        Problem::new(StatusCode::UNAUTHORIZED, "access_required", detail)
            .with("reentry_url", json!(self.reentry_url()))
    }

    /// Where the platform lets people in again.
    pub(crate) fn reentry_url(&self) -> Option<String> {
        let url = self.shared.settings.reentry_url.as_deref()?;
        let separator = if url.contains('?') { '&' } else { '?' };
        Some(format!("{url}{separator}ref={}", self.route.r#ref))
    }

    /// The visitor did something: the sandbox is not idle.
    pub(crate) fn beat(&self) {
        self.shared.activity.pulse(&self.host.sandbox).beat(self.shared.clock.now());
    }

    pub(crate) fn access_expires_at(&self) -> Result<Timestamp, Problem> {
        Ok(Timestamp::from_ms(self.claims()?.exp.saturating_mul(1000)))
    }
}

/// The `Host` header; the gate has seen that there is one.
pub(crate) fn authority(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The app that a `Host` header names.
///
/// # Errors
/// It is not in our domain, or no app's.
pub(crate) fn app_host(authority: &str, domain: &str) -> Result<AppHost, Problem> {
    let port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(|(_, end)| port(end)).map_or(authority, |(host, _)| host);
    let host = host.to_ascii_lowercase();
    match AppHost::parse(&host, domain) {
        Some(app_host) => Ok(app_host),
        None if host == domain || host.ends_with(&format!(".{domain}")) => Err(Problem::unknown_host()),
        None => Err(Problem::misdirected()),
    }
}

/// Whether somebody looks at the answer: a browser that navigates, not a script of a page or a program.
pub(crate) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let reads = method == Method::GET || method == Method::HEAD;
    let navigates = match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => true,
    };
    let html = |accept: &http::HeaderValue| accept.to_str().is_ok_and(|accept| accept.contains("text/html"));
    reads && navigates && headers.get_all(ACCEPT).into_iter().any(html)
}
