//! From a request to its answer.

mod blob;
mod manifest;
mod referrers;
mod tags;

use std::sync::Arc;

use tokio::time::Instant;

use super::endpoint::Endpoint;
use super::head::{Method, Request};
use super::patience::{self, Ended, HEADERS_WITHIN};
use super::problem::Problem;
use super::pull::Pull;
use super::response::{Answered, Response};
use super::route::{self, Route, Target};
use super::status::Status;
use crate::name::{ImageName, Registry};
use crate::source::Fault;

/// Answers requests by asking the mirror.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) pull: Arc<dyn Pull>,
    /// The registry of names that say none.
    pub(super) default_registry: Registry,
}

/// One question on its way: the request, and until when it must be answered.
struct Question<'r> {
    pull: &'r dyn Pull,
    request: &'r Request,
    endpoint: Endpoint,
    namespace: Option<&'r str>,
    deadline: Instant,
}

impl Answers {
    /// Answers within [`HEADERS_WITHIN`], whatever the upstream does.
    pub(super) async fn answer(&self, request: &Request, request_id: &str) -> Answered {
        let Target { endpoint, namespace, route } = route::read(&request.target, &self.default_registry);
        let question = Question {
            pull: &*self.pull,
            request,
            endpoint,
            namespace: namespace.as_deref(),
            deadline: Instant::now() + HEADERS_WITHIN,
        };
        let answer = match route {
            Ok(route) => question.answer(&route, request_id).await,
            Err(problem) => Err(problem),
        };
        let response = answer.unwrap_or_else(|problem| Response::problem(&problem, request_id));
        let response = if request.method == Method::Head { response.without_body() } else { response };
        Answered { endpoint, namespace, response }
    }
}

impl Question<'_> {
    async fn answer(&self, route: &Route, request_id: &str) -> Result<Response, Problem> {
        if let Some(image) = image_of(route).filter(|image| !self.pull.knows(&image.registry)) {
            tracing::debug!(image.name = %image, request.id = request_id, "a registry outside the allow-list");
            return Err(Problem::unknown_registry());
        }
        let answer = match route {
            Route::Ping => return Ok(Response::full("application/json", "{}")),
            Route::Manifest(image, reference) => self.manifest(image, reference.as_ref()).await,
            Route::Blob(image, digest) => self.blob(image, digest).await,
            Route::Tags(image, tags) => self.tags(image, tags).await,
            Route::Referrers(image, digest, wanted) => self.referrers(image, digest, wanted.as_deref()).await,
        };
        answer.map_err(|ended| self.problem(&ended, image_of(route), request_id))
    }

    async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<T, Ended>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        patience::ask(self.deadline, question).await
    }

    fn is_head(&self) -> bool {
        self.request.method == Method::Head
    }

    /// Whether the client says that it holds this content already.
    fn is_held(&self, etag: &str) -> bool {
        let held = self.request.if_none_match.as_deref();
        held.is_some_and(|held| held.split(',').any(|one| matches!(one.trim(), "*") || is_tag(one, etag)))
    }

    fn problem(&self, ended: &Ended, image: Option<&ImageName>, request_id: &str) -> Problem {
        let image = image.map(ToString::to_string).unwrap_or_default();
        match ended {
            Ended::TooSlow => {
                tracing::warn!(image.name = image, request.id = request_id, "no answer in a client's time");
                Problem::too_slow()
            }
            Ended::Fault(fault) => {
                log(fault, &image, request_id);
                Problem::of_fault(fault, self.endpoint)
            }
        }
    }
}

/// Compares as `If-None-Match` does: a weak tag is as good.
fn is_tag(written: &str, etag: &str) -> bool {
    let written = written.trim();
    written.strip_prefix("W/").unwrap_or(written) == etag
}

/// What is the operator's to mend is louder than what the upstream says every day.
fn log(fault: &Fault, image: &str, request_id: &str) {
    match fault {
        Fault::Absent { .. } => {
            tracing::debug!(image.name = image, request.id = request_id, %fault, "not found");
        }
        // The fill warned, once: this is said to each node.
        Fault::NoRoom { .. } => {
            tracing::debug!(image.name = image, request.id = request_id, %fault, "sent elsewhere");
        }
        Fault::Limited { .. } | Fault::Unavailable { .. } | Fault::Denied { .. } => {
            tracing::info!(image.name = image, request.id = request_id, %fault, "the upstream did not give it");
        }
        Fault::Corrupt { .. } | Fault::Local { .. } => {
            tracing::warn!(image.name = image, request.id = request_id, %fault, "a pull failed");
        }
    }
}

const fn image_of(route: &Route) -> Option<&ImageName> {
    match route {
        Route::Ping => None,
        Route::Manifest(image, _)
        | Route::Blob(image, _)
        | Route::Tags(image, _)
        | Route::Referrers(image, _, _) => Some(image),
    }
}

/// The entity tag of content: its digest.
fn etag(digest: &crate::digest::Digest) -> String {
    format!("\"{digest}\"")
}

/// The client has it.
fn not_modified(etag: &str) -> Response {
    Response::new(Status::NotModified).with("ETag", etag)
}
