//! `CONNECT 127.0.0.1:PORT`: raw bytes to a port of the machine itself, and to nothing else.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::StatusCode;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::door::Afterwards;
use crate::problem::{Answer, Problem, empty};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The endpoint. The tunnel runs `afterwards`, when the connection has been handed over.
pub(crate) async fn handle(mut request: http::Request<Incoming>, afterwards: &Afterwards) -> Answer {
    let port = own_port(request.uri())?;
    let mut upstream = loopback(port).await.map_err(|error| {
        Problem::new(StatusCode::BAD_GATEWAY, "connect_refused", format!("port {port}: {error}"))
    })?;
    let upgrade = hyper::upgrade::on(&mut request);
    afterwards.set(async move {
        if let Ok(upgraded) = upgrade.await {
            let _ = copy_bidirectional(&mut TokioIo::new(upgraded), &mut upstream).await;
        }
    });
    Ok(empty(StatusCode::OK))
}

fn own_port(target: &http::Uri) -> Result<u16, Problem> {
    let wrong = || Problem::bad_request("CONNECT needs a target such as 127.0.0.1:8888");
    let authority = target.authority().ok_or_else(wrong)?;
    if !["127.0.0.1", "[::1]", "localhost"].contains(&authority.host()) {
        let detail = "only the machine's own ports can be reached: 127.0.0.1, [::1] or localhost";
        return Err(Problem::new(StatusCode::FORBIDDEN, "host_forbidden", detail));
    }
    authority.port_u16().filter(|port| *port != 0).ok_or_else(wrong)
}

/// A connection to one of the machine's own ports, on whichever loopback family the app has bound.
pub(crate) async fn loopback(port: u16) -> io::Result<TcpStream> {
    match open((Ipv4Addr::LOCALHOST, port).into()).await {
        Ok(stream) => Ok(stream),
        Err(first) => open((Ipv6Addr::LOCALHOST, port).into()).await.map_err(|_| first),
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
