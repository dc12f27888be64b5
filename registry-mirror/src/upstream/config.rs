//! The configuration of upstream registries.

mod check;

use std::path::PathBuf;

use runtime::SecretFile;
use serde::{Deserialize, Serialize};

/// One upstream registry. Upstreams that name the same registry are tried in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Its name in logs, metrics and errors.
    pub name: String,
    /// The registries, as image references name them, that it answers for: `docker.io`.
    pub registries: Vec<String>,
    /// Where it is reached: `https://host[:port][/path]`; requests go to `<url>/v2/…`.
    pub url: String,
    /// Put before each repository's name at the upstream, for a proxy project of a larger registry.
    pub repository_prefix: String,
    /// Which repositories it is asked for: patterns with `*`, refused ones with `!` before them. A repository
    /// must match a pattern without `!` (if there is one) and none with it.
    pub repositories: Vec<String>,
    /// A file with `user:password`; read again for each token, so it may be rotated. Absent: anonymous.
    pub credentials_file: Option<SecretFile>,
    /// Hosts besides the upstream's own registrable domain that may issue tokens for it.
    pub token_hosts: Vec<String>,
    /// PEM certificates of authorities that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// A proxy for all connections to it: `http://host:port`. The environment's proxies are not used.
    pub proxy_url: Option<String>,
    /// A file with `user:password` for the proxy.
    pub proxy_credentials_file: Option<SecretFile>,
    /// Whether `url` may begin with `http://`; everything is then readable on the way, credentials too.
    pub plain_http: bool,
    /// Whether it may redirect to loopback, private and link-local addresses. An upstream whose `url` holds such
    /// an address may always.
    pub private_redirects: bool,
    /// The longest wait for a connection, TLS included, in milliseconds.
    pub connect_timeout_ms: u64,
    /// The longest wait for the head of an answer, in milliseconds.
    pub headers_timeout_ms: u64,
    /// The longest wait for the next bytes of an answer, in milliseconds.
    pub idle_timeout_ms: u64,
    /// Blobs that are fetched from it at once; as many other requests again run beside them.
    pub connections_max: usize,
    /// Pulls of its rate budget that are left to others who share the address or the credentials.
    pub budget_reserve: u64,
    /// The longest wait of a manifest for the rate budget, in milliseconds.
    pub budget_wait_ms: u64,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            registries: Vec::new(),
            url: String::new(),
            repository_prefix: String::new(),
            repositories: Vec::new(),
            credentials_file: None,
            token_hosts: Vec::new(),
            ca_file: None,
            proxy_url: None,
            proxy_credentials_file: None,
            plain_http: false,
            private_redirects: false,
            connect_timeout_ms: 5_000,
            headers_timeout_ms: 20_000,
            idle_timeout_ms: 20_000,
            connections_max: 16,
            budget_reserve: 0,
            budget_wait_ms: 5_000,
        }
    }
}

/// The public registries that are mirrored when nothing is configured, all without credentials.
#[must_use]
pub fn default_upstreams() -> Vec<UpstreamConfig> {
    let hub = UpstreamConfig {
        name: "docker.io".to_owned(),
        registries: vec!["docker.io".to_owned()],
        url: "https://registry-1.docker.io".to_owned(),
        ..UpstreamConfig::default()
    };
    let others = ["ghcr.io", "quay.io", "registry.k8s.io", "gcr.io", "mcr.microsoft.com"];
    let others = others.into_iter().map(|host| UpstreamConfig {
        name: host.to_owned(),
        registries: vec![host.to_owned()],
        url: format!("https://{host}"),
        ..UpstreamConfig::default()
    });
    std::iter::once(hub).chain(others).collect()
}

/// A field of an upstream that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{field}: {message}")]
pub struct Error {
    /// The field within the list of upstreams, like `[0].url`.
    pub field: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// What is wrong with a field of one upstream, before its place in the list is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }

    pub(super) fn at(self, index: usize) -> Error {
        Error { field: format!("[{index}].{}", self.field), message: self.message }
    }
}

#[cfg(test)]
mod tests;
