//! Whether a request may change things: only pages of an app itself may make a visitor's browser do so.

use http::header::{HeaderMap, HeaderName, ORIGIN};

use crate::config::Scheme;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request says of the page that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A page of this very host.
    Own,
    /// Nothing at all: no browser. Every browser sends `Origin` or `Sec-Fetch-Site` with what changes things.
    Program,
    /// Another page, or one that hides what it is (`Origin: null`).
    Foreign,
}

/// Who made the request, by headers that a page can't forge. `authority` is the `Host` header.
pub(crate) fn source(headers: &HeaderMap, scheme: Scheme, authority: &str) -> Source {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if is_own(origin.as_bytes(), scheme, authority) => Source::Own,
        (Some(_), _) => Source::Foreign,
        // `none` is what the user typed or opened from a bookmark.
        (None, _) => match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
            None | Some(b"none") => Source::Program,
            Some(b"same-origin") => Source::Own,
            Some(_) => Source::Foreign,
        },
    }
}

fn is_own(origin: &[u8], scheme: Scheme, authority: &str) -> bool {
    let Some((its_scheme, its_authority)) =
        std::str::from_utf8(origin).ok().and_then(|o| o.split_once("://"))
    else {
        return false;
    };
    let bare = |authority: &str| {
        let port = authority.rsplit_once(':').filter(|(_, port)| *port == scheme.default_port());
        port.map_or(authority, |(host, _)| host).to_ascii_lowercase()
    };
    its_scheme.eq_ignore_ascii_case(scheme.as_str()) && bare(its_authority) == bare(authority)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn judged(
        origin: Option<&'static str>,
        site: Option<&'static str>,
        scheme: Scheme,
        host: &str,
    ) -> Source {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        if let Some(site) = site {
            headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(site));
        }
        source(&headers, scheme, host)
    }

    #[test]
    fn only_the_very_origin_is_own() {
        let own = [
            (Some("http://a.localhost:8080"), Scheme::Http, "a.localhost:8080"),
            (Some("http://a.localhost"), Scheme::Http, "a.localhost:80"),
            (Some("https://A.example.com"), Scheme::Https, "a.example.com:443"),
        ];
        for (origin, scheme, host) in own {
            assert_eq!(judged(origin, Some("same-origin"), scheme, host), Source::Own, "{origin:?}");
        }
        let foreign = [
            Some("null"),
            Some("https://a.localhost:8080"),
            Some("http://b.localhost:8080"),
            Some("http://a.localhost"),
            Some("http://a.localhost:8080.evil.com"),
            Some(""),
        ];
        for origin in foreign {
            assert_eq!(judged(origin, None, Scheme::Http, "a.localhost:8080"), Source::Foreign, "{origin:?}");
        }
    }

    #[test]
    fn without_origin_the_fetch_metadata_decides() {
        let cases = [
            (None, Source::Program),
            (Some("none"), Source::Program),
            (Some("same-origin"), Source::Own),
            (Some("same-site"), Source::Foreign),
            (Some("cross-site"), Source::Foreign),
        ];
        for (site, expected) in cases {
            assert_eq!(judged(None, site, Scheme::Http, "a.localhost"), expected, "{site:?}");
        }
    }
}
