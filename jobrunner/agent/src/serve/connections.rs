//! Accepts connections and serves each in a task of its own; a few more than the limit get a refusal instead of silence.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::door::{Afterwards, Agent, health};
use crate::listen::{Connection, Listener};
use crate::log::Log;
use crate::problem::Problem;

const CONNECTIONS_MAX: usize = 256;
/// Connections beyond the limit that are told so.
const REFUSALS_MAX: usize = 16;
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
const HEADERS_MAX_BYTES: usize = 64 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

struct Limits {
    served: Arc<Semaphore>,
    refused: Arc<Semaphore>,
}

/// Accepts until `stop`; gives back the connections that are still open.
pub(super) async fn accept(
    agent: &Arc<Agent>,
    listener: &Listener,
    log: &Log,
    stop: &CancellationToken,
) -> JoinSet<()> {
    let limits = Limits {
        served: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        refused: Arc::new(Semaphore::new(REFUSALS_MAX)),
    };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return connections,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(connection) => admit(agent, connection, &limits, &mut connections),
            Err(error) => {
                log.line("accept failed", &[("error", error.to_string().into())]);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn admit(agent: &Arc<Agent>, connection: Connection, limits: &Limits, connections: &mut JoinSet<()>) {
    if let Ok(permit) = limits.served.clone().try_acquire_owned() {
        connections.spawn(serve(agent.clone(), connection, permit));
    } else if let Ok(permit) = limits.refused.clone().try_acquire_owned() {
        connections.spawn(refuse(connection, permit));
    }
}

fn http() -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT).max_buf_size(HEADERS_MAX_BYTES);
    builder
}

async fn serve(agent: Arc<Agent>, connection: Connection, _permit: OwnedSemaphorePermit) {
    let afterwards = Afterwards::default();
    let service = service_fn(|request| {
        let answer = agent.clone().answer(request, afterwards.clone());
        async { Ok::<_, Infallible>(answer.await) }
    });
    // A connection that broke is the caller's news; there is nothing to do about it here.
    let _ = http().serve_connection(TokioIo::new(connection), service).with_upgrades().await;
    if let Some(tunnel) = afterwards.take() {
        tunnel.await;
    }
}

async fn refuse(connection: Connection, _permit: OwnedSemaphorePermit) {
    let service = service_fn(|request: Request<Incoming>| async move {
        // A busy machine is not a sick one: whoever restarts sick ones must not be told 429.
        if request.uri().path() == "/healthz" {
            return Ok(health());
        }
        let detail = format!("{CONNECTIONS_MAX} connections are open already: try again when one has ended");
        Ok::<_, Infallible>(Problem::too_many(detail).into_response())
    });
    let _ = http().keep_alive(false).serve_connection(TokioIo::new(connection), service).await;
}
