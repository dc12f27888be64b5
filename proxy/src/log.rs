//! The access log: a line for each request, without what follows a `?`, which may be secret.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::Body;
use crate::own;
use crate::visit;

/// What is said of a request; read only where somebody listens.
pub(crate) struct Line(Option<Said>);

struct Said {
    method: Method,
    host: String,
    path: String,
}

impl Line {
    pub(crate) fn of(request: &Request<Incoming>) -> Self {
        if !tracing::enabled!(tracing::Level::INFO) {
            return Self(None);
        }
        let host = visit::authority(request.headers()).to_owned();
        let said = Said { method: request.method().clone(), host, path: request.uri().path().to_owned() };
        Self(Some(said))
    }

    /// What an app answers is its own affair and said at debug; what we do ourselves, or refuse, at info.
    pub(crate) fn write(self, response: &Response<Body>, took: Duration) {
        let Some(Said { method, host, path }) = self.0 else { return };
        let (status, duration_ms) = (response.status().as_u16(), took.as_millis());
        let ours = matches!(response.body(), http_body_util::Either::Left(_));
        let asked = own::is_own(&path) && !own::is_safe(&method);
        if ours && (asked || response.status() == StatusCode::SWITCHING_PROTOCOLS || status >= 400) {
            tracing::info!(route.host = host, %method, path, status, duration_ms, "request");
        } else {
            tracing::debug!(route.host = host, %method, path, status, duration_ms, "request");
        }
    }
}
