//! Fetching one token, once for all who wait for it.

use std::fmt;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, StatusCode, Url};
use runtime::Secret;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::clock::SharedClock;
use crate::source::Fault;
use crate::upstream::answer::{retry_after, unavailable};
use crate::upstream::body::collect;
use crate::upstream::credentials::Credentials;
use crate::upstream::failure::describe;

use super::challenge::Need;
use super::realm::Realms;

const TOKEN_ANSWER_MAX_BYTES: u64 = 256 * 1024;
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
/// What the token specification says where the answer does not.
const DEFAULT_LIFETIME_S: u64 = 60;
const LIFETIME_MAX_S: u64 = 24 * 3600;
/// A token is changed so long before its end, or at three quarters of a short life.
const REFRESH_BEFORE_MAX: Duration = Duration::from_secs(15);
/// Those who waited for a token that could not be fetched share the fault so long, instead of all asking.
const FAULT_SHARED_FOR: Duration = Duration::from_secs(1);

/// Who fetches tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) client: Client,
    pub(super) realms: Realms,
    pub(super) clock: SharedClock,
    pub(super) name: String,
}

/// The place of one token.
#[derive(Debug)]
pub(super) struct Slot {
    need: Need,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    Token {
        authorization: Secret<String>,
        refresh_at: Instant,
    },
    Failed {
        fault: Fault,
        at: Instant,
    },
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Slot {
    pub(super) fn new(need: Need) -> Self {
        Self { need, state: Mutex::default() }
    }

    /// The token as an `Authorization`: the kept one, unless it is old or the `refused` one.
    pub(super) async fn authorization(
        &self,
        issuer: &Issuer,
        credentials: impl FnOnce() -> Result<Option<Credentials>, Fault>,
        refused: Option<&Secret<String>>,
    ) -> Result<Secret<String>, Fault> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Token { authorization, refresh_at }
                if Some(authorization) != refused && *refresh_at > Instant::now() =>
            {
                return Ok(authorization.clone());
            }
            State::Failed { fault, at } if at.elapsed() < FAULT_SHARED_FOR => return Err(fault.clone()),
            State::Empty | State::Token { .. } | State::Failed { .. } => {}
        }
        let fetched = match credentials() {
            Ok(credentials) => issuer.fetch(&self.need, credentials.as_ref()).await,
            Err(fault) => Err(fault),
        };
        match fetched {
            Ok((authorization, refresh_at)) => {
                *state = State::Token { authorization: authorization.clone(), refresh_at };
                Ok(authorization)
            }
            Err(fault) => {
                *state = State::Failed { fault: fault.clone(), at: Instant::now() };
                Err(fault)
            }
        }
    }
}

impl Issuer {
    pub(super) fn denied(&self, reason: impl Into<String>) -> Fault {
        Fault::Denied { source_name: self.name.clone(), reason: reason.into() }
    }

    /// A fresh token as an `Authorization`, and when to change it.
    async fn fetch(
        &self,
        need: &Need,
        credentials: Option<&Credentials>,
    ) -> Result<(Secret<String>, Instant), Fault> {
        let mut url = self.realms.allow(&need.realm).map_err(|reason| self.denied(reason))?;
        add_query(&mut url, need);
        let asked_at = Instant::now();
        let answer = timeout(TOKEN_TIMEOUT, self.request(url, credentials)).await;
        let answer = answer.map_err(|_| unavailable(&self.name, "timed out waiting for a token"))??;
        let lifetime = answer.expires_in.unwrap_or(DEFAULT_LIFETIME_S).min(LIFETIME_MAX_S);
        let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| unavailable(&self.name, "the token service sent no token"))?;
        Ok((Secret::new(format!("Bearer {token}")), asked_at + until_refresh(lifetime)))
    }

    async fn request(&self, url: Url, credentials: Option<&Credentials>) -> Result<TokenAnswer, Fault> {
        let mut request = self.client.get(url);
        if let Some(credentials) = credentials {
            request = request.header(AUTHORIZATION, credentials.basic().expose());
        }
        let response = request
            .send()
            .await
            .map_err(|error| unavailable(&self.name, format!("token: {}", describe(&error))))?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS => {
                let retry_after = retry_after(response.headers(), self.clock.now_ms());
                return Err(Fault::Limited { source_name: self.name.clone(), retry_after });
            }
            status if status.is_client_error() => {
                return Err(self.denied(format!("the token service answered {status}")));
            }
            status => return Err(unavailable(&self.name, format!("the token service answered {status}"))),
        }
        let body = collect(response, TOKEN_ANSWER_MAX_BYTES, &self.name).await?;
        serde_json::from_slice(&body)
            .map_err(|_| unavailable(&self.name, "the token service sent something that is no token"))
    }
}

fn add_query(url: &mut Url, need: &Need) {
    let mut query = url.query_pairs_mut();
    if let Some(service) = &need.service {
        query.append_pair("service", service);
    }
    for scope in &need.scopes {
        query.append_pair("scope", scope);
    }
}

fn until_refresh(lifetime_s: u64) -> Duration {
    let lifetime = Duration::from_secs(lifetime_s);
    lifetime - REFRESH_BEFORE_MAX.min(lifetime / 4)
}
