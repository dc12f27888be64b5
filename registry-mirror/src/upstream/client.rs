//! The two HTTP clients of an upstream: one for the registry itself, one for where it redirects to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect};

use super::address::PublicOnly;
use super::config::{Mistake, UpstreamConfig};
use super::credentials::Credentials;

const USER_AGENT: &str = concat!("qingjiao-registry-mirror/", env!("CARGO_PKG_VERSION"));
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// The clients of one upstream.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    /// For the upstream and the hosts that issue its tokens.
    pub(super) own: Client,
    /// For redirects to other hosts; reaches public addresses only, unless the upstream is private itself.
    pub(super) outside: Client,
}

impl Clients {
    pub(super) fn new(config: &UpstreamConfig, private_redirects: bool) -> Result<Self, Mistake> {
        let own = build(base(config)?)?;
        // Through a proxy, names are resolved there: only addresses written in a redirect are looked at.
        let outside = match private_redirects || config.proxy_url.is_some() {
            true => own.clone(),
            false => build(base(config)?.dns_resolver(Arc::new(PublicOnly)))?,
        };
        Ok(Self { own, outside })
    }
}

fn build(builder: ClientBuilder) -> Result<Client, Mistake> {
    builder.build().map_err(|_| {
        Mistake::new("ca_file", "the system's and these certificate authorities cannot be used together")
    })
}

/// HTTP/1.1 only: one HTTP/2 connection would share one congestion window among all blobs.
fn base(config: &UpstreamConfig) -> Result<ClientBuilder, Mistake> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .http1_only()
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .pool_max_idle_per_host(config.connections_max)
        .tcp_keepalive(TCP_KEEPALIVE);
    if let Some(path) = &config.ca_file {
        for certificate in authorities(path)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    match &config.proxy_url {
        Some(url) => Ok(builder.proxy(proxy(url, config)?)),
        None => Ok(builder),
    }
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Mistake> {
    let pem = std::fs::read(path)
        .map_err(|error| Mistake::new("ca_file", format!("{}: {error}", path.display())))?;
    let found = Certificate::from_pem_bundle(&pem).ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| {
        Mistake::new("ca_file", format!("{}: must hold certificates in PEM form", path.display()))
    })
}

fn proxy(url: &str, config: &UpstreamConfig) -> Result<Proxy, Mistake> {
    let form =
        || Mistake::new("proxy_url", "must be http://host:port, with credentials in proxy_credentials_file");
    let parsed: reqwest::Url = url.parse().map_err(|_| form())?;
    if !matches!(parsed.scheme(), "http" | "https")
        || !parsed.username().is_empty()
        || parsed.password().is_some()
    {
        return Err(form());
    }
    let proxy = Proxy::all(parsed).map_err(|_| form())?;
    let Some(file) = &config.proxy_credentials_file else { return Ok(proxy) };
    let credentials =
        Credentials::read(file).map_err(|message| Mistake::new("proxy_credentials_file", message))?;
    Ok(proxy.basic_auth(&credentials.user, credentials.password.expose()))
}
