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
        check_limits(config)?;
        let api = ApiAddress::parse(&config.api_url).ok_or_else(|| {
            refuse("api_url", "http://HOST:PORT, the api-server's address inside the region")
        })?;
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

fn check_limits(config: &Config) -> Result<(), Error> {
    let fields = [
        ("connections_max", config.connections_max >= 1, "a number of at least 1"),
        ("header_bytes", (8192..=1_048_576).contains(&config.header_bytes), "8192 to 1048576"),
        ("header_timeout_s", config.header_timeout_s >= 1, "a number of at least 1"),
        ("keep_alive_s", config.keep_alive_s >= 1, "a number of at least 1"),
        ("scheme", config.tls.is_none() || config.scheme == Scheme::Https, "https, because proxy.tls is set"),
        ("reporter", !config.reporter.is_empty(), "a name that no other proxy of the region has"),
    ];
    match fields.into_iter().find(|(_, fits, _)| !fits) {
        Some((field, _, allowed)) => Err(Error::Config { field, allowed }),
        None => Ok(()),
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
    let refuse =
        || Error::Config { field: "role_secret", allowed: "the region's role secret, at least 32 bytes" };
    let secret = Secret::new(secret).map_err(|_| refuse())?;
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", secret.role_token())).map_err(|_| refuse())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config { role_secret: "x".repeat(32).into(), ..Config::default() };
        change(&mut config);
        Settings::new(&config).expect_err("a refusal").to_string()
    }

    #[test]
    fn a_refused_field_is_named_with_what_is_allowed() {
        for (field, text) in [
            ("domain", refused(|config| config.domain = "Example.com:80".to_owned())),
            ("domain", refused(|config| config.domain = "a..b".to_owned())),
            ("api_url", refused(|config| config.api_url = "https://api".to_owned())),
            ("reentry_url", refused(|config| config.reentry_url = Some("javascript:x".to_owned()))),
            ("header_bytes", refused(|config| config.header_bytes = 100)),
            ("connections_max", refused(|config| config.connections_max = 0)),
            ("reporter", refused(|config| config.reporter = String::new())),
            ("frame_ancestors", refused(|config| config.frame_ancestors = vec!["a b".to_owned()])),
            ("role_secret", refused(|config| config.role_secret = "hunter2".to_owned().into())),
        ] {
            assert!(text.starts_with(&format!("proxy.{field}: ")) && text.contains("allowed"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
