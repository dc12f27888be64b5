mod bodies;
mod client;
mod connections;
mod content;
mod faults;
mod script;
mod tls;

use std::sync::Arc;

use runtime::{SharedRegistry, Stopper};
use tokio::task::JoinSet;

use super::{Context, Options, Server};
use crate::clock::ManualClock;
use client::Client;
use script::Script;

/// A pull API over a script, on a free port.
struct Served {
    script: Arc<Script>,
    address: std::net::SocketAddr,
    registry: SharedRegistry,
    stopper: Stopper,
    server: JoinSet<()>,
}

impl Served {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            tls: None,
            default_registry: "docker.io".parse().unwrap(),
            connections_max: 64,
        };
        change(&mut options);
        let (script, registry) = (Arc::new(Script::default()), SharedRegistry::default());
        let context = Context {
            pull: script.clone(),
            clock: Arc::new(ManualClock::default()),
            registry: registry.clone(),
        };
        let server = Server::bind(&options, context).await.unwrap();
        let (address, stopper) = (server.address().unwrap(), Stopper::new());
        let (mut running, stop) = (JoinSet::new(), stopper.stop());
        running.spawn(async move { server.run(stop).await.unwrap() });
        Self { script, address, registry, stopper, server: running }
    }

    async fn client(&self) -> Client<tokio::net::TcpStream> {
        Client::new(tokio::net::TcpStream::connect(self.address).await.unwrap())
    }

    async fn get(&self, target: &str) -> client::Answer {
        self.client().await.ask("GET", target, &[]).await
    }

    async fn head(&self, target: &str) -> client::Answer {
        self.client().await.ask("HEAD", target, &[]).await
    }

    /// Waits until a metric has a value.
    async fn until_metric(&self, line: &str) {
        let line = format!("qingjiao_mirror_{line}\n");
        while !self.registry.encode().unwrap().contains(&line) {
            tokio::task::yield_now().await;
        }
    }

    async fn ended(&mut self) {
        while let Some(ended) = self.server.join_next().await {
            ended.unwrap();
        }
    }
}
