//! An upstream that speaks the distribution specification over HTTP.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Url;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::SharedClock;
use crate::digest::Digest;
use crate::name::{Reference, Repository};
use crate::source::{Body, Descriptor, Fault, Manifest, Source, TagList, TagPage};

use super::address::{is_private, literal};
use super::auth::{Auth, Realms};
use super::budget::{Budget, Meter};
use super::client::Clients;
use super::config::{Mistake, UpstreamConfig};
use super::exchange::Exchange;

/// One upstream registry over HTTP.
#[derive(Debug)]
pub struct HttpSource {
    pub(super) exchange: Exchange,
    base: Url,
    /// Before each repository's name: empty, or ending in `/`.
    prefix: String,
    pub(super) meter: Arc<Meter>,
    pub(super) budget_wait: Duration,
    pub(super) idle_timeout: Duration,
    /// Blobs on their way.
    pub(super) blobs: Arc<Semaphore>,
    /// Everything else, so that a manifest never waits for a layer.
    questions: Semaphore,
}

impl HttpSource {
    /// The client of a checked configuration; `meter` is shared by all with the same address and credentials.
    pub(super) fn new(
        config: &UpstreamConfig,
        url: &Url,
        meter: Arc<Meter>,
        clock: SharedClock,
    ) -> Result<Self, Mistake> {
        let itself_private = url.host_str().and_then(literal).is_some_and(is_private);
        let private_redirects = config.private_redirects || itself_private;
        let clients = Clients::new(config, private_redirects)?;
        let prefix = match config.repository_prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let realms = Realms::new(url, &config.token_hosts);
        let auth = Auth::new(clients.own.clone(), realms, Arc::clone(&clock), &config.name, &prefix)
            .credentials(config.credentials_file.clone());
        let headers_timeout = Duration::from_millis(config.headers_timeout_ms);
        let idle_timeout = Duration::from_millis(config.idle_timeout_ms);
        let exchange = Exchange {
            name: config.name.clone(),
            clients,
            auth,
            clock,
            plain_http: url.scheme() == "http",
            private_redirects,
            headers_timeout,
            body_timeout: headers_timeout + idle_timeout,
        };
        Ok(Self {
            exchange,
            base: url.clone(),
            prefix,
            meter,
            budget_wait: Duration::from_millis(config.budget_wait_ms),
            idle_timeout,
            blobs: Arc::new(Semaphore::new(config.connections_max)),
            questions: Semaphore::new(config.connections_max),
        })
    }

    /// What is known of its rate budget; nothing for an upstream that announces none.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.meter.budget()
    }

    /// `<base>/v2/<prefix><repository>/<rest>`.
    pub(super) fn url(&self, repository: &Repository, rest: &str) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        let path = format!("{base}/v2/{}{repository}/{rest}", self.prefix);
        url.set_path(&path);
        url
    }

    /// A turn for a small question.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Fault> {
        self.questions.acquire().await.map_err(|_| self.closing())
    }

    pub(super) fn closing(&self) -> Fault {
        Fault::Local { reason: "the upstream's client is closed".to_owned() }
    }
}

#[async_trait]
impl Source for HttpSource {
    fn name(&self) -> &str {
        &self.exchange.name
    }

    async fn head(&self, repository: &Repository, reference: &Reference) -> Result<Descriptor, Fault> {
        self.describe(repository, reference).await
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, Fault> {
        self.fetch_manifest(repository, reference).await
    }

    async fn blob_size(&self, repository: &Repository, digest: &Digest) -> Result<u64, Fault> {
        self.measure_blob(repository, digest).await
    }

    async fn blob(&self, repository: &Repository, digest: &Digest, from: u64) -> Result<Body, Fault> {
        self.open_blob(repository, digest, from).await
    }

    async fn tags(&self, repository: &Repository, page: &TagPage) -> Result<TagList, Fault> {
        self.list_tags(repository, page).await
    }

    async fn referrers(&self, repository: &Repository, digest: &Digest) -> Result<Bytes, Fault> {
        self.find_referrers(repository, digest).await
    }
}
