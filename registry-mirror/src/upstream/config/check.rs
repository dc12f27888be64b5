//! Whether an upstream's configuration can be used, and what its texts mean. Pure.

use reqwest::Url;

use crate::name::{self, Registry, Repository};
use crate::upstream::rules::Rules;

use super::{Mistake, UpstreamConfig};

/// What the configuration's texts mean.
#[derive(Debug)]
pub(in super::super) struct Checked {
    pub(in super::super) registries: Vec<Registry>,
    pub(in super::super) url: Url,
    pub(in super::super) rules: Rules,
}

impl UpstreamConfig {
    pub(in super::super) fn check(&self) -> Result<Checked, Mistake> {
        self.check_name()?;
        self.check_numbers()?;
        self.check_prefix()?;
        self.check_hosts()?;
        let registries = self.registries()?;
        let rules = Rules::new(&self.repositories).map_err(|pattern| {
            Mistake::new("repositories", format!("{pattern:?} is no pattern: use lower-case names with *"))
        })?;
        Ok(Checked { registries, url: self.base_url()?, rules })
    }

    fn check_name(&self) -> Result<(), Mistake> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(good) {
            return Err(Mistake::new("name", "must be 1 to 64 letters, digits, dots, dashes or underscores"));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Mistake> {
        let least_one = [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("headers_timeout_ms", self.headers_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("connections_max", self.connections_max.min(1) as u64),
        ];
        match least_one.into_iter().find(|(_, value)| *value == 0) {
            Some((field, _)) => Err(Mistake::new(field, "must be at least 1")),
            None => Ok(()),
        }
    }

    fn check_prefix(&self) -> Result<(), Mistake> {
        let good = self.repository_prefix.is_empty() || self.repository_prefix.parse::<Repository>().is_ok();
        good.then_some(()).ok_or_else(|| {
            Mistake::new(
                "repository_prefix",
                "must be a repository name like proxy/docker, without / at its ends",
            )
        })
    }

    fn check_hosts(&self) -> Result<(), Mistake> {
        let is_host = |text: &String| !text.contains(':') && text.parse::<Registry>().is_ok();
        if !self.token_hosts.iter().all(is_host) {
            return Err(Mistake::new("token_hosts", "must be host names, without scheme, port or path"));
        }
        if self.proxy_credentials_file.is_some() && self.proxy_url.is_none() {
            return Err(Mistake::new(
                "proxy_credentials_file",
                "needs proxy_url, the proxy that they are for",
            ));
        }
        Ok(())
    }

    fn registries(&self) -> Result<Vec<Registry>, Mistake> {
        if self.registries.is_empty() {
            return Err(Mistake::new("registries", "must name at least one registry, like docker.io"));
        }
        let parsed: Result<Vec<Registry>, name::Error> =
            self.registries.iter().map(|text| text.parse()).collect();
        let mut parsed = parsed.map_err(|error| Mistake::new("registries", error.to_string()))?;
        parsed.sort();
        // Docker Hub has several names.
        parsed.dedup();
        Ok(parsed)
    }

    fn base_url(&self) -> Result<Url, Mistake> {
        let form =
            || Mistake::new("url", "must be https://host[:port][/path], without user, query or fragment");
        let mut url: Url = self.url.parse().map_err(|_| form())?;
        let plain = url.scheme() == "http";
        let extra = !url.username().is_empty() || url.password().is_some();
        if extra || url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
            return Err(form());
        }
        if plain && !self.plain_http {
            return Err(Mistake::new("url", "is not encrypted: use https://, or set plain_http = true"));
        }
        if !plain && url.scheme() != "https" {
            return Err(form());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(url)
    }
}
