//! Clients that pull all at once. They count what comes and let the kernel drop it, so that the copying of other
//! computers doesn't weigh on this one.

use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use nix::sys::socket::{MsgFlags, recv};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::figures::{ms, percentile};

/// Layers that a node pulls at once, as containerd does.
const LAYERS_AT_ONCE: usize = 3;
/// docker-registry has no manifest for those who don't name its type.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, */*";
/// A pull that takes longer is broken.
const DEADLINE: Duration = Duration::from_secs(180);
/// What is dropped at once, in bytes.
const SINK_BYTES: usize = 256 * 1024;
const HEAD_BYTES_MAX: usize = 8 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// One thing to pull.
#[derive(Clone, Debug)]
pub(super) struct Pull {
    /// `/v2/…`.
    pub(super) path: String,
    /// How long the answer must be.
    pub(super) bytes: u64,
}

/// What one client pulls.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Before anything else.
    pub(super) manifest: Option<Pull>,
    /// Some of them at once.
    pub(super) blobs: Vec<Pull>,
}

/// How it went when all pulled at once.
#[derive(Debug)]
pub(super) struct Stampede {
    /// Until the last one had everything.
    pub(super) wall_s: f64,
    /// Until a client had the first byte of a blob.
    pub(super) first_p50_ms: f64,
    pub(super) first_max_ms: f64,
}

/// Everybody at once.
pub(super) async fn stampede(server: SocketAddr, clients: &[Client]) -> anyhow::Result<Stampede> {
    let (begun, mut running) = (Instant::now(), JoinSet::new());
    for client in clients.iter().cloned() {
        running.spawn(tokio::time::timeout(DEADLINE, run(server, client, begun)));
    }
    let mut firsts = Vec::with_capacity(clients.len());
    while let Some(ended) = running.join_next().await {
        firsts.push(ms(ended?.context("a pull is late")??));
    }
    let wall_s = begun.elapsed().as_secs_f64();
    let (first_p50_ms, first_max_ms) = (percentile(&mut firsts, 50), percentile(&mut firsts, 100));
    Ok(Stampede { wall_s, first_p50_ms, first_max_ms })
}

async fn run(server: SocketAddr, client: Client, begun: Instant) -> anyhow::Result<Duration> {
    if let Some(manifest) = client.manifest {
        pull(server, manifest).await?;
    }
    let blobs = stream::iter(client.blobs).map(|blob| pull(server, blob)).buffer_unordered(LAYERS_AT_ONCE);
    let firsts: Vec<Instant> = blobs.try_collect().await?;
    firsts.into_iter().min().map(|first| first - begun).context("nothing to pull")
}

/// Pulls, and tells when the first byte of the content came.
async fn pull(server: SocketAddr, pull: Pull) -> anyhow::Result<Instant> {
    let Pull { path, bytes } = pull;
    let mut stream = TcpStream::connect(server).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: {ACCEPT}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (announced, mut got) = head(&mut stream).await.with_context(|| path.clone())?;
    ensure!(announced == bytes, "{path}: {announced} bytes are announced, not {bytes}");
    let mut first = (got > 0).then(Instant::now);
    let mut sink = vec![0; SINK_BYTES];
    while got < bytes {
        let dropped = drop_some(&stream, &mut sink).await?;
        ensure!(dropped > 0, "{path}: ended after {got} of {bytes} bytes");
        first.get_or_insert_with(Instant::now);
        got += dropped;
    }
    ensure!(got == bytes, "{path}: {got} bytes came, not {bytes}");
    Ok(first.unwrap_or_else(Instant::now))
}

/// The announced length, and how much of the content came with the head.
async fn head(stream: &mut TcpStream) -> anyhow::Result<(u64, u64)> {
    let mut read = Vec::with_capacity(HEAD_BYTES_MAX);
    loop {
        ensure!(stream.read_buf(&mut read).await? > 0, "hung up before it answered");
        if let Some(end) = read.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            ensure!(head.starts_with("http/1.1 200"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.context("an answer without a length")?.trim().parse()?;
            return Ok((length, (read.len() - end - HEAD_END.len()).try_into()?));
        }
        ensure!(read.len() < HEAD_BYTES_MAX, "a head without end");
    }
}

/// How much the kernel dropped of what came; nothing at the end.
async fn drop_some(stream: &TcpStream, sink: &mut [u8]) -> anyhow::Result<u64> {
    tokio::task::consume_budget().await;
    let dropping =
        stream.async_io(Interest::READABLE, || Ok(recv(stream.as_raw_fd(), sink, MsgFlags::MSG_TRUNC)?));
    Ok(dropping.await?.try_into()?)
}
