//! Connections of a fake registry.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::reply::Reply;
use super::state::State;
use super::{router, store};
use crate::testing::counts::Counters;
use crate::testing::trouble::Trouble;

/// Which of the two listeners.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Registry,
    Store,
}

/// A connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends here")]
pub(super) struct HangUp;

pub(super) async fn run(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>, role: Role) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((socket, _)) = accepted {
                    connections.spawn(connect(socket, tls.clone(), Arc::clone(&state), role));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(socket: TcpStream, tls: Option<TlsAcceptor>, state: Arc<State>, role: Role) {
    Counters::add(&state.counts.connections, 1);
    // A test's small answers must not wait for acknowledgements.
    let _ = socket.set_nodelay(true);
    match tls {
        None => serve(socket, state, role).await,
        Some(tls) => {
            if let Ok(socket) = tls.accept(socket).await {
                serve(socket, state, role).await;
            }
        }
    }
}

async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, state: Arc<State>, role: Role) {
    let service = service_fn(move |request| answer(request, Arc::clone(&state), role));
    // A client that goes away, or a trouble, ends a connection with an error: nothing to say about it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
    role: Role,
) -> Result<Response<Reply>, HangUp> {
    if state.trouble.is(&Trouble::Down) {
        return Err(HangUp);
    }
    if state.trouble.is(&Trouble::Hanging) {
        std::future::pending::<()>().await;
    }
    match role {
        Role::Registry => Ok(router::answer(&request, &state)),
        Role::Store => Ok(store::answer(&request, &state)),
    }
}
