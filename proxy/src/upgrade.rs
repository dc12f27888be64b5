//! Upgrades: a 101 goes to the visitor only after the machine has given a right one, and only then do bytes flow.

use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;

use crate::body::{self, Body};
use crate::door::{self, Door, Opened};
use crate::errand;
use crate::forward::{self, Answered};
use crate::headers::response::to_visitor;
use crate::problem::Problem;
use crate::session::Session;
use crate::splice::Frames;
use crate::visit::Visit;
use crate::websocket::{self, Counted, Observer};

/// More live connections to one sandbox are no student's work.
const SESSIONS_PER_SANDBOX_MAX: usize = 256;
const TO_AGENT: [HeaderName; 6] = [
    ORIGIN,
    USER_AGENT,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_EXTENSIONS,
];

/// What a visitor asks for.
struct Wanted {
    protocol: HeaderValue,
    /// The proof that a right answer carries, if the protocol is WebSocket.
    accept: Option<String>,
}

/// Upgrades to whatever the app speaks on `port`.
///
/// # Errors
/// The request is no handshake, there is no way in, or the app's answer is no right one.
pub(crate) async fn to_port(
    visit: &Visit,
    mut request: Request<Incoming>,
    port: u16,
) -> Result<Response<Body>, Problem> {
    let wanted = Wanted::read(&request)?;
    let client = hyper::upgrade::on(&mut request);
    let opened = door::open(visit, Door::Port(port)).await?;
    forward::rewrite(visit, &mut request)?;
    wanted.ask(request.headers_mut());
    let answered = forward::send(opened, request.map(Either::Left)).await?;
    join(visit, wanted, (client, answered), Counted::Data).await
}

/// Upgrades to the agent's own WebSocket at `path`.
///
/// # Errors
/// As [`to_port`].
pub(crate) async fn to_agent(
    visit: &Visit,
    mut request: Request<Incoming>,
    path: &str,
) -> Result<Response<Body>, Problem> {
    let wanted = Wanted::read(&request)?;
    if wanted.accept.is_none() {
        return Err(not_a_handshake());
    }
    let client = hyper::upgrade::on(&mut request);
    let mut answered = ask_agent(&wanted, &request, path, door::open(visit, Door::Agent).await?).await?;
    if answered.response.status() == StatusCode::FORBIDDEN {
        // It is another machine, or another life of it: nothing else of a terminal is refused so.
        answered = ask_agent(&wanted, &request, path, door::reopen(visit, Door::Agent).await?).await?;
    }
    if answered.response.status() == StatusCode::FORBIDDEN {
        return Err(Problem::machine_unreachable());
    }
    join(visit, wanted, (client, answered), Counted::Typed).await
}

async fn ask_agent(
    wanted: &Wanted,
    handshake: &Request<Incoming>,
    path: &str,
    opened: Opened,
) -> Result<Answered, Problem> {
    let mut request = errand::request(Method::GET, path, &opened.token)?;
    errand::keep(&mut request, handshake.headers(), &TO_AGENT);
    wanted.ask(request.headers_mut());
    forward::send(opened, request.map(|()| Either::Right(Empty::new()))).await
}

fn not_a_handshake() -> Problem {
    let detail =
        "this is no WebSocket handshake; send GET with Sec-WebSocket-Key and Sec-WebSocket-Version: 13";
    Problem::bad_request(detail)
}

impl Wanted {
    fn read(request: &Request<Incoming>) -> Result<Self, Problem> {
        let mut values = request.headers().get_all(UPGRADE).into_iter();
        let protocol = values.next().filter(|value| !value.as_bytes().contains(&b','));
        let one = protocol.filter(|_| values.next().is_none());
        let protocol = one.ok_or_else(|| Problem::bad_request("Upgrade must name one protocol"))?.clone();
        if !protocol.as_bytes().eq_ignore_ascii_case(b"websocket") {
            return Ok(Self { protocol, accept: None });
        }
        let accept =
            websocket::expected_accept(request.headers()).filter(|_| request.method() == Method::GET);
        Ok(Self { protocol, accept: Some(accept.ok_or_else(not_a_handshake)?) })
    }

    fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, self.protocol.clone());
    }

    fn is_granted(&self, headers: &HeaderMap) -> bool {
        let protocol = headers.get(UPGRADE).map(HeaderValue::as_bytes);
        let same = protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case(self.protocol.as_bytes()));
        let proof = headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        same && self.accept.as_ref().is_none_or(|accept| proof == Some(accept.as_bytes()))
    }
}

/// Joins both sides after a right 101; any other answer passes as it is, and its connection ends with it.
async fn join(
    visit: &Visit,
    wanted: Wanted,
    (client, answered): (hyper::upgrade::OnUpgrade, Answered),
    counted: Counted,
) -> Result<Response<Body>, Problem> {
    if answered.response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(forward::stream(visit, answered));
    }
    if !wanted.is_granted(answered.response.headers()) {
        return Err(Problem::app_failed("the app's answer to the upgrade is not the one that belongs to it"));
    }
    let pulse = visit.shared.activity.pulse(&visit.host.sandbox);
    let live = pulse.connect(SESSIONS_PER_SANDBOX_MAX).ok_or_else(|| {
        let detail = "this environment has too many live connections; close some tabs";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections", detail).retry_after(10)
    })?;
    let response = granted(visit, &wanted, answered.response.headers().clone());
    let (tunnel, ahead) = answered.line.into_stream().await;
    let frames = wanted
        .accept
        .is_some()
        .then(|| Frames { to_machine: Observer::new(counted), to_visitor: Observer::new(Counted::Data) });
    let session = Session {
        client,
        machine: tunnel.with_ahead(ahead),
        frames,
        ended: answered.ended,
        pulse,
        live,
        slot: visit.caller.slot.clone(),
    };
    visit.shared.sessions.begin(session, &visit.shared);
    Ok(response)
}

fn granted(visit: &Visit, wanted: &Wanted, mut headers: HeaderMap) -> Response<Body> {
    let host = visit.host.format(&visit.shared.settings.domain);
    to_visitor(&mut headers, &host, visit.shared.settings.embedding.policy());
    wanted.ask(&mut headers);
    let mut response = body::empty(StatusCode::SWITCHING_PROTOCOLS);
    *response.headers_mut() = headers;
    response
}
