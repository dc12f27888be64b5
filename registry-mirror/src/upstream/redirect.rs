//! Where a redirect may lead. Pure.

use reqwest::Url;
use reqwest::header::HeaderValue;

use super::address::{is_private, literal};

/// The most redirects that are followed for one request.
const HOPS_MAX: usize = 5;

/// The redirects of one request.
#[derive(Debug)]
pub(super) struct Trail {
    seen: Vec<Url>,
    plain_http: bool,
    private: bool,
}

impl Trail {
    /// A request to `start`; whether it may lead to unencrypted and to private addresses.
    pub(super) fn new(start: Url, plain_http: bool, private: bool) -> Self {
        Self { seen: vec![start], plain_http, private }
    }

    /// Where the request is now.
    pub(super) fn here(&self) -> &Url {
        &self.seen[self.seen.len() - 1]
    }

    /// Whether it is still at the scheme, host and port where it began: only there credentials are shown.
    pub(super) fn at_home(&self) -> bool {
        self.here().origin() == self.seen[0].origin()
    }

    /// Goes on to `location`; words when it may not.
    pub(super) fn follow(&mut self, location: Option<&HeaderValue>) -> Result<(), &'static str> {
        let text = location.and_then(|value| value.to_str().ok()).ok_or("a redirect that leads nowhere")?;
        let mut next = self.here().join(text).map_err(|_| "a redirect that is no address")?;
        next.set_fragment(None);
        self.check(&next)?;
        if self.seen.contains(&next) {
            return Err("redirects in a circle");
        }
        if self.seen.len() > HOPS_MAX {
            return Err("too many redirects");
        }
        self.seen.push(next);
        Ok(())
    }

    fn check(&self, next: &Url) -> Result<(), &'static str> {
        let host = next.host_str().ok_or("a redirect without a host")?;
        if !next.username().is_empty() || next.password().is_some() {
            return Err("a redirect with credentials in its address");
        }
        match next.scheme() {
            "https" => {}
            "http" if self.plain_http => {}
            "http" => return Err("a redirect to an unencrypted address"),
            _ => return Err("a redirect to something else than HTTP"),
        }
        let private = literal(host).is_some_and(is_private);
        if private && !self.private && next.origin() != self.seen[0].origin() {
            return Err("a redirect to a private address (see private_redirects)");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(plain: bool, private: bool, hops: &[&str]) -> Result<String, &'static str> {
        let mut trail = Trail::new("https://registry.example/v2/a".parse().unwrap(), plain, private);
        for hop in hops {
            trail.follow(Some(&HeaderValue::from_str(hop).unwrap()))?;
        }
        Ok(format!("{} {}", trail.here(), trail.at_home()))
    }

    #[test]
    fn credentials_stay_at_home() {
        assert_eq!(go(false, false, &["/v2/b#x"]).unwrap(), "https://registry.example/v2/b true");
        assert_eq!(
            go(false, false, &["https://store.example/b?s=1"]).unwrap(),
            "https://store.example/b?s=1 false"
        );
        assert!(go(false, false, &["https://registry.example:444/"]).unwrap().ends_with("false"));
        assert!(go(true, false, &["http://registry.example/"]).unwrap().ends_with("false"));
    }

    #[test]
    fn refuses_what_leads_astray() {
        for (hop, words) in [
            ("http://store.example/", "unencrypted"),
            ("https://u:p@store.example/", "credentials"),
            ("file:///etc/passwd", "without a host"),
            ("ftp://store.example/", "something else"),
            ("https://169.254.169.254/latest", "private"),
            ("https://localhost/", "private"),
            ("https://[::1]/", "private"),
        ] {
            let error = go(false, false, &[hop]).unwrap_err();
            assert!(error.contains(words), "{hop}: {error}");
        }
        assert!(go(false, true, &["https://10.0.0.1/"]).is_ok());
    }

    #[test]
    fn ends_in_circles_and_long_chains() {
        assert_eq!(go(false, false, &["/v2/b", "/v2/a"]), Err("redirects in a circle"));
        assert!(go(false, false, &["/1", "/2", "/3", "/4", "/5"]).is_ok());
        assert_eq!(go(false, false, &["/1", "/2", "/3", "/4", "/5", "/6"]), Err("too many redirects"));
    }
}
