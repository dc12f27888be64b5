//! Where the api-server listens.

use http::Uri;

/// Where the api-server listens: `http://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiAddress {
    host: String,
    port: u16,
}

impl ApiAddress {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let plain = uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port: uri.port_u16().unwrap_or(80) }).filter(|_| plain)
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As in a `Host` header.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ApiAddress;

    #[test]
    fn only_plain_internal_addresses() {
        assert_eq!(ApiAddress::parse("http://api:7070").unwrap().authority(), "api:7070");
        assert_eq!(ApiAddress::parse("http://[::1]:1/").unwrap().authority(), "[::1]:1");
        for bad in ["https://api", "api:7070", "http://api/v1", "ftp://x", "", "http://"] {
            assert_eq!(ApiAddress::parse(bad), None, "{bad}");
        }
    }
}
