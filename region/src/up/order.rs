//! The order in which roles end: the api-server last, because the proxy reports to it for the last time.

use std::pin::pin;

use proxy::Proxy;
use runtime::{BoxError, Stop, Stopper};

/// Runs the proxy, and then lets the api-server end.
pub(super) async fn first(proxy: Proxy, stop: Stop, then: Stopper) -> Result<(), BoxError> {
    let ended = proxy.run(stop).await;
    then.soft();
    ended
}

/// Runs the api-server, whose stop is `own`; a hard stop of the whole reaches it at once.
pub(super) async fn last(server: api_server::Server, stop: Stop, own: Stopper) -> Result<(), BoxError> {
    let mut run = pin!(server.run());
    tokio::select! {
        ended = run.as_mut() => return ended,
        () = stop.hard() => own.hard(),
    }
    run.await
}
