//! The app: this program again, answering every request with the same few bytes.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tests::outside::{Program, until};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

/// The argument that makes this program the app.
pub(crate) const ARGUMENT: &str = "serve-app";
/// What it answers.
pub(super) const ANSWER: &[u8] = b"hello from the app\n";
const START_DEADLINE: Duration = Duration::from_secs(10);

/// The port, when this program was started as the app.
pub(crate) fn port_of(mut arguments: impl Iterator<Item = String>) -> Option<u16> {
    (arguments.nth(1)? == ARGUMENT).then(|| arguments.next()?.parse().ok()).flatten()
}

/// Serves for ever.
pub(crate) fn serve(port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            while connections.try_join_next().is_some() {}
            connections
                .spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    })
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(ANSWER))))
}

/// The app as a process of this computer.
#[derive(Debug)]
pub(super) struct Process {
    program: Program,
    address: SocketAddr,
}

impl Process {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).arg(address.port().to_string());
        let program = Program::start(command, false)?;
        until("the app listens", START_DEADLINE, async || Ok(TcpStream::connect(address).await.ok())).await?;
        Ok(Self { program, address })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.program.kill().await
    }
}
