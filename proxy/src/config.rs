//! The configuration section `proxy`.

mod embedding;

use std::net::SocketAddr;

use runtime::Secret;
use runtime::tls::TlsOptions;
use serde::{Deserialize, Serialize};

pub use embedding::BadSource;
pub(crate) use embedding::Embedding;

/// The configuration of the proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where students are awaited.
    pub listen: SocketAddr,
    /// A second address with TLS; without it something before this process ends TLS, or nothing does.
    pub tls: Option<TlsOptions>,
    /// Apps are at `{app}--{sandbox}.{domain}`; lower case, without a port.
    pub domain: String,
    /// How browsers reach us: `https` when we or something before us ends TLS.
    pub scheme: Scheme,
    /// The api-server's internal address, `http://HOST:PORT`.
    pub api_url: String,
    /// The mounted secret that the roles of a region share.
    pub role_secret: Secret<String>,
    /// Sites that may embed environments in frames, as CSP sources (`https://school.example.com`); `*` for any.
    pub frame_ancestors: Vec<String>,
    /// The platform's page that lets people in again; `ref` is added to it.
    pub reentry_url: Option<String>,
    /// Name of this proxy among those of the region; activity counts only while every one reports.
    pub reporter: String,
    /// Connections at once, WebSockets included.
    pub connections_max: usize,
    /// The largest head of a request, in bytes.
    pub header_bytes: usize,
    /// From the first to the last byte of a head, in seconds.
    pub header_timeout_s: u64,
    /// How long a connection may wait for its next request, in seconds.
    pub keep_alive_s: u64,
}

/// How browsers reach us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Clear text: only for `*.localhost`, where browsers still take secure cookies.
    #[default]
    Http,
    /// TLS, ended by us or before us.
    Https,
}

impl Scheme {
    /// As in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(crate) const fn default_port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            domain: "localhost".to_owned(),
            scheme: Scheme::Http,
            api_url: "http://127.0.0.1:7070".to_owned(),
            role_secret: Secret::default(),
            frame_ancestors: Vec::new(),
            reentry_url: None,
            reporter: "proxy".to_owned(),
            connections_max: 16_384,
            header_bytes: 32 * 1024,
            header_timeout_s: 10,
            keep_alive_s: 75,
        }
    }
}
