//! The configuration, checked.

use domain::secret::Secret;
use http::{HeaderValue, Uri};

use crate::Error;
use crate::api::ApiAddress;
use crate::config::{Config, Embedding, Scheme};

/// The configuration, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) domain: String,
    pub(crate) scheme: Scheme,
    pub(crate) embedding: Embedding,
    pub(crate) reentry_url: Option<String>,
    pub(crate) reporter: String,
    pub(crate) api: ApiAddress,
    pub(crate) authorization: HeaderValue,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let refuse = |field: &'static str, allowed: &'static str| Error::Config { field, allowed };
        if !is_domain(&config.domain) {
            return Err(refuse("domain", "a host name in lower case, without a port"));
        }
        if let Some(url) = &config.reentry_url
            && !is_web_url(url)
        {
            return Err(refuse("reentry_url", "a URL that begins with http:// or https://"));
        }
        let api = ApiAddress::parse(&config.api_url)
            .ok_or_else(|| refuse("api_url", "http://HOST:PORT, the api-server's address inside the region"))?;
        Ok(Self {
            domain: config.domain.clone(),
            scheme: config.scheme,
            embedding: Embedding::new(&config.frame_ancestors)?,
            reentry_url: config.reentry_url.clone(),
            reporter: config.reporter.clone(),
            api,
            authorization: authorization(config.role_secret.expose())?,
        })
    }
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    domain.split('.').all(label)
}

fn is_web_url(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok();
    uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
}

fn authorization(secret: &str) -> Result<HeaderValue, Error> {
    let refuse = || Error::Config { field: "role_secret", allowed: "the region's role secret, at least 32 bytes" };
    let secret = Secret::new(secret).map_err(|_| refuse())?;
    let mut value = HeaderValue::from_str(&format!("Bearer {}", secret.role_token())).map_err(|_| refuse())?;
    value.set_sensitive(true);
    Ok(value)
}
