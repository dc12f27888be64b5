//! One server in one scene: from empty, and again once it holds everything.

use super::client::{Client, Stampede, stampede};
use super::scene::Scene;
use super::server::{Server, Side};
use super::upstream::Upstream;

/// What one server did in one scene.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) cold: Phase,
    pub(super) warm: Phase,
    /// Bytes of blobs that it fetched, as multiples of the content.
    pub(super) upstream_times: f64,
    pub(super) peak_mb: f64,
}

/// A stampede, and what the server worked in it.
#[derive(Debug)]
pub(super) struct Phase {
    pub(super) stampede: Stampede,
    pub(super) cpu_s: f64,
}

pub(super) async fn run(side: Side, scene: Scene, upstream: &Upstream) -> anyhow::Result<Run> {
    let server = Server::start(side, &upstream.url()).await?;
    let (clients, before) = (scene.stampede(upstream), upstream.sent_bytes());
    let cold = phase(&server, &clients).await?;
    // A server may go on fetching for nobody.
    upstream.quiet().await?;
    let fetched_bytes = upstream.sent_bytes() - before;
    let warm = phase(&server, &clients).await?;
    let peak_mb = server.peak_mb()?;
    server.stop().await;
    let upstream_times = fetched_bytes as f64 / scene.content_bytes(upstream) as f64;
    Ok(Run { cold, warm, upstream_times, peak_mb })
}

async fn phase(server: &Server, clients: &[Client]) -> anyhow::Result<Phase> {
    let before_s = server.cpu_s()?;
    let stampede = stampede(server.address(), clients).await?;
    Ok(Phase { stampede, cpu_s: server.cpu_s()? - before_s })
}
