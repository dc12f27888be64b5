//! What an api-server needs to be told.

use std::net::{Ipv4Addr, SocketAddr};

use domain::id::PlacementName;
use runtime::tls::TlsOptions;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::limits::COOKIE_S_MAX;

/// The configuration section `api`. Every field has a default that fits a laptop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// A second address with TLS; without it something before this process ends TLS, or nothing does.
    pub tls: Option<TlsOptions>,
    /// Where the platform and operators reach this API; the console's address too.
    pub public_url: String,
    /// The domain below which every app has a host of its own.
    pub domain: String,
    /// Scheme of the proxy's public address: `http` or `https`.
    pub proxy_scheme: String,
    /// Port of the proxy's public address; absent when it is the scheme's own.
    pub proxy_port: Option<u16>,
    /// Kinds of machine that this region has providers for: `container`, `vm`, `process`.
    pub runs: Vec<String>,
    /// Kinds of place that templates may name here; those that the provider was told of.
    pub placements: Vec<PlacementName>,
    /// Requests per second that one key may make for long.
    pub requests_per_s: u32,
    /// Requests that one key may make at once after a pause.
    pub requests_burst: u32,
    /// Life of an app's cookie, in seconds; at most 24 hours.
    pub cookie_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            tls: None,
            public_url: "http://localhost:8000".to_owned(),
            domain: "localhost".to_owned(),
            proxy_scheme: "http".to_owned(),
            proxy_port: Some(8080),
            runs: vec!["process".to_owned()],
            placements: Vec::new(),
            requests_per_s: 1_000,
            requests_burst: 2_000,
            cookie_s: COOKIE_S_MAX,
        }
    }
}

impl Config {
    /// Checks what types can't say.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let rows = [
            ("api.domain", is_host(&self.domain), "a host name in lower case, without port"),
            ("api.proxy_scheme", matches!(self.proxy_scheme.as_str(), "http" | "https"), "http or https"),
            ("api.public_url", is_origin(&self.public_url), "http(s)://host[:port], without a path"),
            ("api.runs", self.runs.iter().all(|kind| is_kind(kind)), "container, vm or process"),
            ("api.requests_per_s", self.requests_per_s > 0, "1 or more"),
            ("api.requests_burst", self.requests_burst > 0, "1 or more"),
            ("api.cookie_s", (60..=COOKIE_S_MAX).contains(&self.cookie_s), "60 to 86400"),
        ];
        match rows.into_iter().find(|(_, fits, _)| !fits) {
            Some((field, _, allowed)) => Err(Error::Config { field, allowed }),
            None => Ok(()),
        }
    }
}

fn is_kind(text: &str) -> bool {
    matches!(text, "container" | "vm" | "process")
}

fn is_host(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('.') && !text.ends_with('.')
}

fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_their_field() {
        assert!(Config::default().check().is_ok());
        let wrong = Config { domain: "Example.com".into(), ..Config::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("api.domain"));
        let wrong = Config { public_url: "localhost".into(), ..Config::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("api.public_url"));
        let wrong = serde_json::json!({"placements": ["G P U"]});
        assert!(serde_json::from_value::<Config>(wrong).unwrap_err().to_string().contains("a placement"));
    }
}
