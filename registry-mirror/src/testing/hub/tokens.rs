//! A token service.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use parking_lot::Mutex;
use serde_json::json;
use tokio::time::Instant;

use super::options::{HubAuth, HubOptions};
use super::reply::{Reply, json_reply, refusal, with};
use super::state::State;
use crate::testing::counts::Counters;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// The tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Given>);

#[derive(Debug, Default)]
struct Given {
    count: u64,
    /// Scopes and end of each.
    live: HashMap<String, (Vec<String>, Instant)>,
}

impl Tokens {
    pub(super) fn revoke(&self) {
        self.0.lock().live.clear();
    }

    fn give(&self, scopes: Vec<String>, lifetime: Duration) -> String {
        let mut given = self.0.lock();
        given.count += 1;
        let token = format!("token-{}", given.count);
        given.live.insert(token.clone(), (scopes, Instant::now() + lifetime));
        token
    }

    /// Whether a token is good for pulling from a repository; without one, whether it is good at all.
    fn allows(&self, token: &str, scope: Option<&String>) -> bool {
        let given = self.0.lock();
        let Some((scopes, end)) = given.live.get(token) else { return false };
        *end > Instant::now() && scope.is_none_or(|scope| scopes.contains(scope))
    }
}

/// `GET /token?service=…&scope=…`.
pub(super) fn issue(state: &State, headers: &HeaderMap, query: &str) -> Response<Reply> {
    if state.options.credentials.is_some() && !has_password(&state.options, headers) {
        return refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let scopes = pairs.filter(|(key, _)| key == "scope").map(|(_, value)| value.into_owned()).collect();
    let lifetime = state.options.token_lifetime.unwrap_or(DEFAULT_LIFETIME);
    let token = state.tokens.give(scopes, lifetime);
    Counters::add(&state.counts.tokens, 1);
    let body = match state.options.token_lifetime {
        Some(lifetime) => json!({ "access_token": token, "expires_in": lifetime.as_secs() }),
        None => json!({ "token": token }),
    };
    json_reply(StatusCode::OK, &body)
}

/// Whether a request may be answered, or the challenge that answers it. Without a repository it is the ping.
pub(super) fn admit(
    state: &State,
    headers: &HeaderMap,
    repository: Option<&str>,
) -> Result<(), Box<Response<Reply>>> {
    let options = &state.options;
    let (good, challenge) = match options.auth {
        HubAuth::Open => return Ok(()),
        HubAuth::Basic => (has_password(options, headers), "Basic realm=\"hub\"".to_owned()),
        HubAuth::Token => {
            let scope = repository.map(|repository| format!("repository:{repository}:pull"));
            let token = value(headers).and_then(|text| text.strip_prefix("Bearer "));
            let good = token.is_some_and(|token| state.tokens.allows(token, scope.as_ref()));
            (good, bearer(state, scope))
        }
    };
    if good {
        return Ok(());
    }
    Counters::add(&state.counts.challenges, 1);
    let refused = refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    Err(Box::new(with(refused, WWW_AUTHENTICATE, &challenge)))
}

fn bearer(state: &State, scope: Option<String>) -> String {
    let own = format!("{}/token", state.url);
    let realm = state.options.realm.as_deref().unwrap_or(&own);
    let scope = scope.map(|scope| format!(",scope=\"{scope}\"")).unwrap_or_default();
    format!("Bearer realm=\"{realm}\",service=\"hub\"{scope}")
}

fn value(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()
}

fn has_password(options: &HubOptions, headers: &HeaderMap) -> bool {
    let Some((user, password)) = &options.credentials else { return false };
    let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    value(headers) == Some(&wanted)
}
