//! One client's connection: requests in their order, each answered before the next is read.

mod reader;

use std::time::{Duration, UNIX_EPOCH};

use runtime::Stop;
use tokio::time::{Instant, timeout};

use super::body::{self, Cut};
use super::endpoint::Endpoint;
use super::head::{Refusal, Request};
use super::problem::Problem;
use super::response::{Answered, Body, Common, Response};
use super::shared::Shared;
use super::wire::Wire;
use reader::{Next, Reader};

/// How long a closing connection is read, so that the client sees our last bytes before a reset.
const LINGER: Duration = Duration::from_secs(2);
/// What is read of a refused body in that time, in bytes.
const LINGER_MAX_BYTES: usize = 1024 * 1024;
const LINGER_CHUNK_BYTES: usize = 4096;

/// Serves one connection to its end.
pub(super) async fn serve(mut wire: Wire, shared: &Shared, stop: &Stop) {
    let _open = shared.metrics.connection_begins();
    let mut reader = Reader::default();
    loop {
        let goes_on = match reader.next(&mut wire, stop).await {
            Next::Request(request) => exchange(&mut wire, &request, shared, stop).await,
            Next::Refused(refusal) => refuse(&mut wire, refusal, shared).await,
            Next::Closed => return,
        };
        if !goes_on || stop.is_soft() {
            return close(wire).await;
        }
    }
}

/// One request and its answer; says whether another may follow.
async fn exchange(wire: &mut Wire, request: &Request, shared: &Shared, stop: &Stop) -> bool {
    let begin = Instant::now();
    let request_id = request.request_id.clone().unwrap_or_else(|| shared.next_request_id());
    let answered = tokio::select! {
        answered = shared.answers.answer(request, &request_id) => answered,
        // What it began goes on without it.
        () = wire.gone() => return false,
    };
    shared.metrics.answered(answered.endpoint, answered.response.status, begin.elapsed());
    if let Some(how) = answered.response.how {
        shared.metrics.met(answered.endpoint, how);
    }
    let goes_on = request.keep_alive && !answered.response.closes && !stop.is_soft();
    match send(wire, answered, (&request_id, !goes_on), shared).await {
        Ok(()) => goes_on,
        Err(cut) => {
            shared.metrics.cut(&cut);
            log(&cut, request, &request_id);
            false
        }
    }
}

async fn refuse(wire: &mut Wire, refusal: Refusal, shared: &Shared) -> bool {
    let request_id = shared.next_request_id();
    let response = Response::problem(&Problem::refused(refusal), &request_id);
    shared.metrics.answered(Endpoint::Other, response.status, Duration::ZERO);
    let answered = Answered { endpoint: Endpoint::Other, namespace: None, response };
    let _sent = send(wire, answered, (&request_id, true), shared).await;
    false
}

async fn send(
    wire: &mut Wire,
    answered: Answered,
    (request_id, closes): (&str, bool),
    shared: &Shared,
) -> Result<(), Cut> {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(shared.clock.now_ms()));
    let common = Common { date: &date, request_id, namespace: answered.namespace.as_deref(), closes };
    let mut head = answered.response.head(&common).into_bytes();
    match answered.response.body {
        Body::None => wire.write(&head).await.map_err(Cut::Client),
        Body::Bytes(bytes) => {
            head.extend_from_slice(&bytes);
            wire.write(&head).await.map_err(Cut::Client)
        }
        Body::Blob(mut blob, range) => {
            wire.write(&head).await.map_err(Cut::Client)?;
            body::send(wire, &mut blob, range, &shared.metrics).await
        }
    }
}

/// A clean end (FIN) is what lets containerd resume a body that was cut; bytes of the client that nobody
/// read would make it a reset.
async fn close(mut wire: Wire) {
    let lingering = async {
        wire.shutdown().await?;
        let (mut rest, mut seen) = (Vec::new(), 0);
        while seen < LINGER_MAX_BYTES {
            rest.clear();
            match wire.read(&mut rest, LINGER_CHUNK_BYTES).await? {
                0 => break,
                read => seen += read,
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let _whatever = timeout(LINGER, lingering).await;
}

fn log(cut: &Cut, request: &Request, request_id: &str) {
    match cut {
        Cut::Fill(_) => {
            tracing::warn!(http.target = request.target, request.id = request_id, %cut, "a body ended short");
        }
        Cut::Client(_) => {
            tracing::debug!(http.target = request.target, request.id = request_id, %cut, "a body ended short");
        }
    }
}
