//! A registry over real HTTP on loopback, with tokens, a pull budget, an object store and every fault.
//!
//! It counts the bytes that it sends and may cap its bandwidth, so it is also the upstream of measurements;
//! real clients may pull from it, and unpack what they get.

mod accept;
mod blobs;
mod body;
mod budget;
mod listing;
mod manifests;
mod options;
mod pace;
mod range;
mod reply;
mod router;
mod state;
mod store;
mod tls;
mod tokens;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::digest::Digest;
use crate::name::{ImageName, Registry};
use crate::upstream::UpstreamConfig;

use super::counts::Counts;
use super::image::FakeImage;
use super::trouble::Trouble;
pub use options::{HubAuth, HubOptions, Tls};
use state::State;

/// A running registry. Dropping it closes all its connections.
#[derive(Debug)]
pub struct FakeHub {
    state: Arc<State>,
    address: SocketAddr,
    tls_ca: Option<tempfile::NamedTempFile>,
    _tasks: JoinSet<()>,
}

impl FakeHub {
    /// Starts on free ports of the loopback.
    ///
    /// # Errors
    /// When no port can be had, or no certificate can be made.
    pub async fn start(options: HubOptions) -> io::Result<Self> {
        let registry = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let store = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, store_address) = (registry.local_addr()?, store.local_addr()?);
        let tls = options.tls.map(tls::Certified::new).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State::new(options, format!("{scheme}://{address}"), store_address));
        let (acceptor, tls_ca) = tls.map(|tls| (tls.acceptor, tls.ca_file)).unzip();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept::run(registry, acceptor, Arc::clone(&state), accept::Role::Registry));
        tasks.spawn(accept::run(store, None, Arc::clone(&state), accept::Role::Store));
        Ok(Self { state, address, tls_ca, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, or `https` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.state.url.clone()
    }

    /// The configuration that leads to it for one registry; plain HTTP or its own CA, and a short wait for the
    /// budget.
    #[must_use]
    pub fn upstream(&self, name: &str, registry: &str) -> UpstreamConfig {
        UpstreamConfig {
            name: name.to_owned(),
            registries: vec![registry.to_owned()],
            url: self.url(),
            plain_http: self.tls_ca.is_none(),
            ca_file: self.tls_ca.as_ref().map(|file| file.path().to_owned()),
            connect_timeout_ms: 10_000,
            headers_timeout_ms: 10_000,
            idle_timeout_ms: 10_000,
            budget_wait_ms: 500,
            ..UpstreamConfig::default()
        }
    }

    /// Puts an image into a repository under a tag; layers that it has already are kept once.
    pub fn add(&self, repository: &str, tag: &str, image: &FakeImage) {
        self.state.content.lock().add(repository, tag, image);
    }

    /// As [`add`](Self::add), for an image's full name; Docker Hub's `library/` is put before short ones.
    pub fn add_image(&self, registry: &Registry, repository: &str, tag: &str, image: &FakeImage) {
        let Ok(parsed) = repository.parse() else { return };
        self.add(ImageName::new(registry.clone(), parsed).repository.as_str(), tag, image);
    }

    /// Puts a single blob into a repository; returns its digest.
    pub fn add_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> Digest {
        self.state.content.lock().add_blob(repository, bytes.into())
    }

    /// Puts a signature or the like for `subject` into a repository; returns its digest.
    pub fn add_referrer(&self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest {
        self.state.content.lock().add_referrer(repository, subject, artifact_type)
    }

    /// From now on every answer has this trouble.
    pub fn trouble(&self, trouble: Trouble) {
        self.state.trouble.set(trouble, None);
    }

    /// The next `times` answers that it touches have this trouble.
    pub fn trouble_times(&self, trouble: Trouble, times: u32) {
        self.state.trouble.set(trouble, Some(times));
    }

    /// No more trouble.
    pub fn heal(&self) {
        self.state.trouble.clear();
    }

    /// Bytes of bodies in a second, all connections together; no limit when absent.
    pub fn set_bandwidth(&self, bytes_per_s: Option<u64>) {
        self.state.pace.set(bytes_per_s);
    }

    /// Pulls that are left in the budget from now on.
    pub fn set_pulls_left(&self, pulls: u64) {
        self.state.budget.set(pulls);
    }

    /// Forgets every token that it gave out.
    pub fn revoke_tokens(&self) {
        self.state.tokens.revoke();
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.counts.read()
    }

    /// The paths that were asked for so far, with their methods, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.counts.requests()
    }
}

/// An error body as the distribution specification has it.
fn error_body(code: &str) -> Value {
    serde_json::json!({ "errors": [{ "code": code, "message": code.to_lowercase() }] })
}
