//! The configuration section `mirror`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::tls::CertificateFiles;
use serde::{Deserialize, Serialize};

use crate::bounds::Limits;
use crate::manifests::Beliefs;
use crate::name::Registry;
use crate::place::Place;
use crate::scrub::Scrub;
use crate::serve::Options;
use crate::upstream::{UpstreamConfig, default_upstreams};

/// The configuration of the mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where nodes pull.
    pub listen: SocketAddr,
    /// Where operators warm, look and tidy up. It asks for no credentials: keep it off the nodes' network.
    pub api_listen: SocketAddr,
    /// Where blobs and the catalogue are kept; no other mirror may use it.
    pub folder: PathBuf,
    /// The most that the folder may take, unfinished blobs at full size, in bytes.
    pub disk_budget_bytes: u64,
    /// How much of the budget is kept free ahead of need, in bytes.
    pub headroom_bytes: u64,
    /// The most bytes that may still be missing in all running downloads together.
    pub flight_max_bytes: u64,
    /// The most downloads of blobs at once.
    pub flight_max_fills: usize,
    /// How fast kept blobs are read again in search of flipped bits, in bytes per second; 0 for never.
    pub scrub_bytes_per_s: u64,
    /// How long a tag is believed before the upstream is asked again, in seconds.
    pub tag_ttl_s: u64,
    /// How long "there is no such content" is believed, in seconds.
    pub absent_ttl_s: u64,
    /// The registry of names that say none.
    pub default_registry: String,
    /// Connections of nodes at once; more wait.
    pub connections_max: usize,
    /// PEM file with the certificate and those that vouch for it; read again when it changes. Without it the
    /// mirror speaks plain HTTP.
    pub tls_certificate_file: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    pub tls_key_file: Option<PathBuf>,
    /// The registries that are mirrored; nothing else is ever dialled.
    pub upstreams: Vec<UpstreamConfig>,
}

/// A field that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("mirror.{field}: {message}")]
pub struct Error {
    /// The field within the section.
    pub field: &'static str,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Default for Config {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5050)),
            api_listen: SocketAddr::from(([127, 0, 0, 1], 5051)),
            folder: PathBuf::from("/var/lib/qingjiao/mirror"),
            disk_budget_bytes: limits.disk_budget_bytes,
            headroom_bytes: limits.headroom_bytes,
            flight_max_bytes: limits.flight_max_bytes,
            flight_max_fills: limits.flight_max_fills,
            scrub_bytes_per_s: 4 * 1024 * 1024,
            tag_ttl_s: 60,
            absent_ttl_s: 10,
            default_registry: "docker.io".to_owned(),
            connections_max: 8192,
            tls_certificate_file: None,
            tls_key_file: None,
            upstreams: default_upstreams(),
        }
    }
}

impl Config {
    /// How the pull API is served.
    ///
    /// # Errors
    /// The field that cannot be used.
    pub(crate) fn options(&self) -> Result<Options, Error> {
        if self.connections_max == 0 {
            return Err(bad("connections_max", "must be at least 1"));
        }
        let default_registry: Registry =
            self.default_registry.parse().map_err(|error| bad("default_registry", format!("{error}")))?;
        let tls = match (&self.tls_certificate_file, &self.tls_key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                Some(CertificateFiles { certificate: certificate.clone(), key: key.clone() })
            }
            (Some(_), None) => return Err(bad("tls_key_file", "is needed beside tls_certificate_file")),
            (None, Some(_)) => return Err(bad("tls_certificate_file", "is needed beside tls_key_file")),
        };
        let connections_max = self.connections_max;
        Ok(Options { listen: self.listen, tls, default_registry, connections_max })
    }

    /// How much may be kept and under way.
    ///
    /// # Errors
    /// The field that cannot be used.
    pub(crate) fn limits(&self) -> Result<Limits, Error> {
        if self.disk_budget_bytes == 0 {
            return Err(bad("disk_budget_bytes", "must be at least 1, and more than the largest image"));
        }
        if self.headroom_bytes >= self.disk_budget_bytes {
            return Err(bad("headroom_bytes", "must be less than disk_budget_bytes"));
        }
        if self.flight_max_bytes == 0 || self.flight_max_fills == 0 {
            return Err(bad("flight_max_bytes", "and flight_max_fills must be at least 1"));
        }
        Ok(Limits {
            disk_budget_bytes: self.disk_budget_bytes,
            headroom_bytes: self.headroom_bytes,
            flight_max_bytes: self.flight_max_bytes,
            flight_max_fills: self.flight_max_fills,
        })
    }

    pub(crate) fn scrub(&self, place: &Arc<dyn Place>) -> Option<Scrub> {
        (self.scrub_bytes_per_s > 0).then(|| Scrub::new(place.clone(), self.scrub_bytes_per_s))
    }

    pub(crate) const fn beliefs(&self) -> Beliefs {
        Beliefs {
            tag_ttl: Duration::from_secs(self.tag_ttl_s),
            absent_ttl: Duration::from_secs(self.absent_ttl_s),
        }
    }
}

fn bad(field: &'static str, message: impl Into<String>) -> Error {
    Error { field, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        let config = Config::default();
        assert!(config.options().is_ok() && config.limits().is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        type Change = fn(&mut Config);
        let changes: [(&str, Change); 5] = [
            ("mirror.tls_key_file", |config| config.tls_certificate_file = Some("a".into())),
            ("mirror.tls_certificate_file", |config| config.tls_key_file = Some("a".into())),
            ("mirror.headroom_bytes", |config| config.headroom_bytes = config.disk_budget_bytes),
            ("mirror.default_registry", |config| config.default_registry = "a b".to_owned()),
            ("mirror.connections_max", |config| config.connections_max = 0),
        ];
        for (field, change) in changes {
            let mut config = Config::default();
            change(&mut config);
            let error = config.options().err().or_else(|| config.limits().err()).unwrap().to_string();
            assert!(error.starts_with(field), "{field}: {error}");
        }
    }
}
