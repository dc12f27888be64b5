//! Who may be asked for a token: an answer of an upstream must not send our password anywhere else. Pure.

use reqwest::Url;

use crate::upstream::address::literal;

/// The hosts that may issue tokens for one upstream.
#[derive(Clone, Debug)]
pub(in super::super) struct Realms {
    host: String,
    plain_http: bool,
    listed: Vec<String>,
}

impl Realms {
    /// Hosts of the upstream's own registrable domain, and the listed ones.
    pub(in super::super) fn new(upstream: &Url, listed: &[String]) -> Self {
        let host = upstream.host_str().unwrap_or_default().to_owned();
        let listed = listed.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { host, plain_http: upstream.scheme() == "http", listed }
    }

    /// The realm's address if it may be asked; words for the operator if not.
    pub(super) fn allow(&self, realm: &str) -> Result<Url, String> {
        let url: Url = realm.parse().map_err(|_| "the token realm is no address".to_owned())?;
        let host = url.host_str().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the token realm holds credentials".to_owned());
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && self.plain_http) {
            return Err("the token realm is not encrypted".to_owned());
        }
        if !self.is_ours(host) {
            return Err(format!("tokens of {host} are not trusted; add it to token_hosts if they should be"));
        }
        Ok(url)
    }

    fn is_ours(&self, host: &str) -> bool {
        host == self.host || self.listed.iter().any(|listed| listed == host) || self.same_domain(host)
    }

    fn same_domain(&self, host: &str) -> bool {
        let named = literal(host).is_none() && literal(&self.host).is_none();
        let domains = (psl::domain_str(host), psl::domain_str(&self.host));
        named && matches!(domains, (Some(theirs), Some(ours)) if theirs == ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(upstream: &str, listed: &[&str], realm: &str) -> bool {
        let listed: Vec<String> = listed.iter().map(|&host| host.to_owned()).collect();
        Realms::new(&upstream.parse().unwrap(), &listed).allow(realm).is_ok()
    }

    #[test]
    fn a_realm_belongs_to_its_upstream() {
        for (upstream, realm, good) in [
            ("https://registry-1.docker.io", "https://auth.docker.io/token", true),
            ("https://ghcr.io", "https://ghcr.io/token", true),
            ("https://registry.cn-x.aliyuncs.com", "https://dockerauth.cn-x.aliyuncs.com/auth", true),
            ("https://registry-1.docker.io", "https://docker.io.evil.example/token", false),
            ("https://registry-1.docker.io", "https://evil.example/token", false),
            ("https://registry-1.docker.io", "http://auth.docker.io/token", false),
            ("https://registry-1.docker.io", "https://u:p@auth.docker.io/token", false),
            ("https://a.co.uk", "https://evil.co.uk/token", false),
            ("https://127.0.0.1:5000", "https://127.0.0.2/token", false),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", true),
            ("https://registry", "https://other/token", false),
            ("https://registry.example.org", "file:///etc/passwd", false),
        ] {
            assert_eq!(allowed(upstream, &[], realm), good, "{upstream} {realm}");
        }
        assert!(allowed("https://a.example.org", &["Auth.example.net"], "https://auth.example.net/token"));
    }
}
