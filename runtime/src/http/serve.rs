//! The accept loop.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{Connection, Limits, Listener, Slot};
use crate::{BoxError, Stop};

/// Serves HTTP/1.1 with upgrades until the stop. `service_of` makes the service of each connection.
///
/// Soft stop: accepts no more, says `Connection: close` in every answer, closes idle connections after
/// [`Limits::linger`], and returns when all are closed. Hard stop: drops the connections and returns. An upgraded
/// connection is its service's to own and to stop.
///
/// # Errors
/// None; the type fits [`Tasks::spawn`](crate::Tasks::spawn).
pub async fn serve<L, M, S, B>(
    mut listener: L,
    service_of: M,
    limits: Limits,
    stop: Stop,
) -> Result<(), BoxError>
where
    L: Listener,
    M: Fn(Connection<L::Addr>) -> S,
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    while let Some(Some((io, peer, slot))) = stop.unless_soft(accept(&mut listener, &slots)).await {
        let service = service_of(Connection { peer, slot: slot.clone() });
        connections.spawn(drive(io, service, slot, (limits, stop.clone())));
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    // A connection that panicked is its own loss; the panic hook has logged it.
    let all_closed = async { while connections.join_next().await.is_some() {} };
    let _hard = stop.unless_hard(all_closed).await;
    Ok(())
}

/// An axum router as the `service_of` of [`serve`].
pub fn router<A>(router: Router) -> impl Fn(Connection<A>) -> TowerToHyperService<Router> {
    move |_connection| TowerToHyperService::new(router.clone())
}

/// Takes a place first and a connection then: what is too much waits in the kernel. `None` never happens, as
/// nobody closes the semaphore.
async fn accept<L: Listener>(listener: &mut L, slots: &Arc<Semaphore>) -> Option<(L::Io, L::Addr, Slot)> {
    let permit = Arc::clone(slots).acquire_owned().await.ok()?;
    let (io, peer) = listener.accept().await;
    Some((io, peer, Slot::new(permit)))
}

/// One connection from its first byte to its end, or to its upgrade.
async fn drive<I, S, B>(io: I, service: S, slot: Slot, (limits, stop): (Limits, Stop))
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let stop = &stop;
    let service = hyper::service::service_fn(move |request| answer(service.call(request), stop));
    let mut connection = pin!(builder(limits).serve_connection(TokioIo::new(io), service).with_upgrades());
    let lingered = async {
        stop.soft().await;
        sleep(limits.linger).await;
    };
    let result = tokio::select! {
        result = connection.as_mut() => Some(result),
        () = stop.hard() => None,
        () = lingered => {
            connection.as_mut().graceful_shutdown();
            stop.unless_hard(connection).await
        }
    };
    if let Some(Err(error)) = result {
        // Clients break off all the time; it is no event of ours.
        tracing::debug!(%error, "connection ended");
    }
    drop(slot);
}

/// The service's answer. While the process drains it is the last one of its connection, and says so.
async fn answer<B, E>(
    answer: impl Future<Output = Result<Response<B>, E>>,
    stop: &Stop,
) -> Result<Response<B>, E> {
    let mut response = answer.await?;
    if stop.is_soft() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

fn builder(limits: Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout)
        .max_buf_size(limits.buffer_bytes())
        .half_close(false);
    builder
}
