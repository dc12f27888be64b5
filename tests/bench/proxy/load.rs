//! A load of our own: request after request on many connections, however they are made.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;

use super::CONNECTIONS;
use super::machine::{Machine, PORT};
use crate::figures::count;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";
/// More than an answer of the app has.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

pub(super) async fn direct(address: SocketAddr, length: Duration) -> anyhow::Result<f64> {
    let mut streams = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    run(streams, length).await
}

pub(super) async fn through_agent(machine: &Machine, length: Duration) -> anyhow::Result<f64> {
    let mut streams = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut stream = UnixStream::connect(&machine.door.socket).await?;
        let request = format!(
            "CONNECT 127.0.0.1:{PORT} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {}\r\n\r\n",
            machine.door.token
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = read(&mut stream, 0).await?;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        streams.push(stream);
    }
    run(streams, length).await
}

/// Requests per second over all streams.
async fn run<S>(streams: Vec<S>, length: Duration) -> anyhow::Result<f64>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for stream in streams {
        clients.spawn(one(stream, begun + length));
    }
    let mut requests = 0;
    while let Some(client) = clients.join_next().await {
        requests += client??;
    }
    Ok(count(requests) / begun.elapsed().as_secs_f64())
}

async fn one<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, until: Instant) -> anyhow::Result<usize> {
    // Every answer has the length of the first one.
    stream.write_all(REQUEST).await?;
    let first = read(&mut stream, super::app::ANSWER.len()).await?;
    ensure!(first.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&first));
    let mut answer = vec![0; first.len()];
    let mut requests = 0;
    while Instant::now() < until {
        stream.write_all(REQUEST).await?;
        stream.read_exact(&mut answer).await?;
        requests += 1;
    }
    Ok(requests)
}

/// Reads a head and this much after it.
async fn read<S: AsyncRead + Unpin>(stream: &mut S, body_bytes: usize) -> anyhow::Result<Vec<u8>> {
    let mut answer = Vec::new();
    loop {
        let head = answer.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END);
        if head.is_some_and(|at| answer.len() >= at + HEAD_END.len() + body_bytes) {
            return Ok(answer);
        }
        ensure!(answer.len() < ANSWER_BYTES_MAX, "an answer without end");
        ensure!(stream.read_buf(&mut answer).await.context("reading")? > 0, "hung up in an answer");
    }
}
