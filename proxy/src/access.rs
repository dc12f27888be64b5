//! The cookie: the right of one user to one app of one sandbox, checked offline.

use std::collections::HashMap;
use std::sync::Arc;

use domain::host::AppHost;
use domain::route::Route;
use domain::time::Timestamp;
use domain::token::{CookieClaims, Verifier};
use http::header::{COOKIE, HeaderMap};
use parking_lot::Mutex;

use crate::config::Embedding;

/// Browsers take a `__Host-` cookie only from the very host that it is sent to, and only by a secure way.
pub(crate) const COOKIE_NAME: &str = "__Host-qj";
/// Verified cookies that are remembered; then the memory starts anew.
const REMEMBERED_MAX: usize = 8192;

/// Verifies cookies, and remembers which were genuine: a signature costs more than all else of a small request.
#[derive(Debug, Default)]
pub(crate) struct Cookies {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Arc<Verifier>,
    claims: HashMap<String, Arc<CookieClaims>>,
}

impl Cookies {
    /// Takes the keys that count from now on; what was genuine by others is not any more.
    pub(crate) fn set_keys(&self, keys: Verifier) {
        *self.known.lock() = Known { keys: Arc::new(keys), claims: HashMap::new() };
    }

    /// Whether no key is known, so that nothing can be verified yet.
    pub(crate) fn is_blind(&self) -> bool {
        self.known.lock().keys.is_empty()
    }

    /// The claims of the cookie that opens `host`, if the request carries one.
    pub(crate) fn find(
        &self,
        headers: &HeaderMap,
        host: &AppHost,
        route: &Route,
        now: Timestamp,
    ) -> Option<Arc<CookieClaims>> {
        let opens = |claims: &Arc<CookieClaims>| {
            claims.sbx == host.sandbox && claims.app == host.app && claims.epo == route.access_epoch
        };
        own_values(headers).filter_map(|value| self.verify(value, now)).find(opens)
    }

    fn verify(&self, value: &str, now: Timestamp) -> Option<Arc<CookieClaims>> {
        let keys = {
            let known = self.known.lock();
            if let Some(claims) = known.claims.get(value) {
                return Some(claims.clone()).filter(|claims| claims.exp > now.seconds());
            }
            known.keys.clone()
        };
        let claims: Arc<CookieClaims> = Arc::new(keys.verify(value, now).ok()?);
        self.remember(value, &claims, &keys);
        Some(claims)
    }

    fn remember(&self, value: &str, claims: &Arc<CookieClaims>, keys: &Arc<Verifier>) {
        let mut known = self.known.lock();
        if !Arc::ptr_eq(&known.keys, keys) {
            return;
        }
        if known.claims.len() >= REMEMBERED_MAX {
            known.claims.clear();
        }
        known.claims.insert(value.to_owned(), claims.clone());
    }
}

/// Whether a `Cookie` header may hold ours: a quick look before the slow one.
pub(crate) fn mentions(header: &[u8]) -> bool {
    header.windows(COOKIE_NAME.len()).any(|part| part.eq_ignore_ascii_case(COOKIE_NAME.as_bytes()))
}

/// Whether a cookie of this name would pass for ours with somebody.
pub(crate) fn names_own(name: &[u8]) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(COOKIE_NAME.as_bytes())
}

/// The values of our cookie; one kept from before embedding was configured may stand beside a newer one.
fn own_values(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let pairs = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    pairs.flat_map(|header| header.split(';')).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == COOKIE_NAME).then(|| value.trim())
    })
}

/// The `Set-Cookie` value that hands out the right for `max_age_s` seconds.
pub(crate) fn set_cookie(value: &str, max_age_s: u64, embedding: &Embedding) -> String {
    let site = if embedding.is_allowed() { "SameSite=None; Partitioned" } else { "SameSite=Lax" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={max_age_s}; Secure; HttpOnly; {site}")
}

#[cfg(test)]
mod tests;
