//! The door: which request goes where, and whether its caller may pass.

mod body;

use std::pin::Pin;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::main_command::MainCommand;
use crate::place::Place;
use crate::problem::{self, Answer, Body, Problem};
use crate::reaper::Reaper;
use crate::terminal::Terminals;
use crate::token::{Refusal, Verb, Verifier};
use crate::{bind, connect, exec, files, main_command, probe, terminal};

/// Everything that requests act on.
pub(crate) struct Agent {
    pub(crate) verifier: Verifier,
    pub(crate) place: Place,
    pub(crate) reaper: Reaper,
    pub(crate) main: MainCommand,
    pub(crate) terminals: Terminals,
    /// One permit per command that may run.
    pub(crate) execs: Arc<Semaphore>,
    /// Held while a bind runs.
    pub(crate) binding: tokio::sync::Mutex<()>,
}

type Tunnel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a connection does once HTTP is over on it: a tunnel or a terminal. The connection's own task runs it, so it
/// has an owner and counts as the connection that it is.
#[derive(Clone, Default)]
pub(crate) struct Afterwards(Arc<Mutex<Option<Tunnel>>>);

impl Afterwards {
    /// Sets what follows the upgrade.
    pub(crate) fn set(&self, tunnel: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock() = Some(Box::pin(tunnel));
    }

    /// What was set, once.
    pub(crate) fn take(&self) -> Option<Tunnel> {
        self.0.lock().take()
    }
}

impl Agent {
    /// Answers one request.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        afterwards: Afterwards,
    ) -> Response<Body> {
        self.dispatch(request, &afterwards).await.unwrap_or_else(Problem::into_response)
    }

    async fn dispatch(self: Arc<Self>, request: Request<Incoming>, afterwards: &Afterwards) -> Answer {
        let verb = match (request.method(), request.uri().path()) {
            (&Method::GET, "/healthz") => return Ok(health()),
            (method, path) => verb(method, path)?,
        };
        self.admit(&request, verb)?;
        match verb {
            Verb::Connect => connect::handle(request, afterwards).await,
            Verb::Terminal => terminal::handle(self, request, afterwards),
            Verb::Exec => {
                let (headers, body) = body::json(request).await?;
                exec::handle(&self, &headers, body).await
            }
            Verb::Files => self.files(request).await,
            Verb::Bind => bind::handle(&self, body::json(request).await?.1).await,
            Verb::Probe if request.method() == Method::GET => main_command::handle(&self.main),
            Verb::Probe => probe::handle(&self, body::json(request).await?.1).await,
        }
    }

    async fn files(&self, request: Request<Incoming>) -> Answer {
        match *request.method() {
            Method::PUT => files::handle_put(self, request).await,
            Method::DELETE => files::handle_delete(self, request.uri()).await,
            _ => files::handle_get(self, request.uri()).await,
        }
    }

    fn admit(&self, request: &Request<Incoming>, verb: Verb) -> Result<(), Problem> {
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Refusal::Absent);
        token
            .and_then(|token| self.verifier.check(token.trim(), verb))
            .map_err(|refusal| Problem::new(StatusCode::FORBIDDEN, "token_refused", refusal.to_string()))
    }
}

fn verb(method: &Method, path: &str) -> Result<Verb, Problem> {
    if method == Method::CONNECT {
        return Ok(Verb::Connect);
    }
    let (verb, allowed) = match path {
        "/terminal" => (Verb::Terminal, &[Method::GET][..]),
        "/exec" => (Verb::Exec, &[Method::POST][..]),
        "/files" => (Verb::Files, &[Method::GET, Method::PUT, Method::DELETE][..]),
        "/bind" => (Verb::Bind, &[Method::POST][..]),
        "/probe" => (Verb::Probe, &[Method::POST][..]),
        "/state" => (Verb::Probe, &[Method::GET][..]),
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "the agent has no such path")),
    };
    if allowed.contains(method) {
        return Ok(verb);
    }
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let detail = format!("{path} takes {} only", names.join(", "));
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail))
}

/// `GET /healthz`; answered without a token and however many connections there are.
pub(crate) fn health() -> Response<Body> {
    problem::json(StatusCode::OK, &json!({ "agent": env!("CARGO_PKG_VERSION") }))
}

#[cfg(test)]
mod tests;
