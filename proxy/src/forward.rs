//! One request to a machine and its answer, both as streams.

use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Request, Response, Version};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::agent::Tunnel;
use crate::body::{Body, Streamed};
use crate::door::{self, Door, Opened};
use crate::exchange::{self, Line, RequestBody};
use crate::headers::request::{Origin, to_app};
use crate::headers::response::to_visitor;
use crate::lease::{Ended, Ending};
use crate::problem::Problem;
use crate::visit::Visit;

/// Passes a request on to the app's port, and the answer back.
///
/// # Errors
/// There is no way in, or the app doesn't answer.
pub(crate) async fn to_port(
    visit: &Visit,
    mut request: Request<Incoming>,
    port: u16,
) -> Result<Response<Body>, Problem> {
    let opened = door::open(visit, Door::Port(port)).await?;
    rewrite(visit, &mut request)?;
    let answered = send(opened, request.map(Either::Left)).await?;
    Ok(stream(visit, answered))
}

/// An answer whose body is still on its way.
pub(crate) struct Answered {
    pub(crate) response: Response<Incoming>,
    pub(crate) line: Line<Tunnel, RequestBody>,
    pub(crate) ended: Ended,
}

/// Sends a request into a machine and waits for the head of the answer.
///
/// # Errors
/// The machine doesn't answer, or the connection must end before.
pub(crate) async fn send(opened: Opened, request: Request<RequestBody>) -> Result<Answered, Problem> {
    let Opened { tunnel, mut ended, .. } = opened;
    tokio::select! {
        sent = exchange::send(tunnel, request) => {
            let (response, line) = sent.map_err(|error| failed(&error))?;
            Ok(Answered { response, line, ended })
        }
        ending = &mut ended => Err(Problem::ended(ending)),
    }
}

fn failed(error: &hyper::Error) -> Problem {
    // hyper reports an error of the body that we hand on as the user's, and that body is the visitor's.
    if error.is_user() {
        return Problem::bad_request("the body of the request is malformed or broke off");
    }
    if error.is_parse() {
        return Problem::app_failed("the app's answer is not HTTP/1.1");
    }
    Problem::app_failed("the app closed the connection without an answer")
}

/// Makes a visitor's request one to the app.
///
/// # Errors
/// Its path is no path.
pub(crate) fn rewrite<B>(visit: &Visit, request: &mut Request<B>) -> Result<(), Problem> {
    // The path passes byte for byte: two readers of `..` or `%2f` must not disagree over us.
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() =
        path.parse().map_err(|_| Problem::bad_request("the path of the request is malformed"))?;
    *request.version_mut() = Version::HTTP_11;
    let origin = Origin { ip: visit.caller.peer.ip, scheme: visit.shared.settings.scheme };
    to_app(request.headers_mut(), origin);
    Ok(())
}

/// Makes a machine's answer ours.
pub(crate) fn stream(visit: &Visit, answered: Answered) -> Response<Body> {
    let Answered { response, line, ended } = answered;
    let (mut head, incoming) = response.into_parts();
    head.version = Version::HTTP_11;
    let host = visit.host.format(&visit.shared.settings.domain);
    to_visitor(&mut head.headers, &host, visit.shared.settings.embedding.policy());
    let ended = if is_event_stream(&head.headers) { or_restart(visit, ended) } else { ended };
    Response::from_parts(head, Either::Right(Streamed::new(incoming, line, ended)))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
}

/// A stream of events has no end to wait for; its browser takes it up again by itself.
fn or_restart(visit: &Visit, ended: Ended) -> Ended {
    let stop = visit.shared.stop.clone();
    Box::pin(async move {
        tokio::select! {
            ending = ended => ending,
            () = stop.soft() => Ending::Restarting,
        }
    })
}
