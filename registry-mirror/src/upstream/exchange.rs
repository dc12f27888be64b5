//! One request and its answer: with a token, through redirects, within its time.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, RANGE};
use reqwest::{Response, StatusCode};
use runtime::{Backoff, Secret, backoff};
use tokio::time::{Instant, sleep, timeout};

use crate::clock::SharedClock;
use crate::source::Fault;

use super::answer::{Answer, unavailable};
use super::ask::Ask;
use super::auth::Auth;
use super::auth::challenge::challenges;
use super::body::collect;
use super::client::Clients;
use super::failure::describe;
use super::redirect::Trail;

/// A failed question is asked again within this time, and never later: only the caller knows who waits.
const RETRY_WITHIN: Duration = Duration::from_millis(700);
const RETRY_PAUSE: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));

/// How requests to one upstream are made.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) name: String,
    pub(super) clients: Clients,
    pub(super) auth: Auth,
    pub(super) clock: SharedClock,
    pub(super) plain_http: bool,
    pub(super) private_redirects: bool,
    pub(super) headers_timeout: Duration,
    /// For the whole body of a small answer.
    pub(super) body_timeout: Duration,
}

impl Exchange {
    /// The answer, or the fault that it means; asked again at once when that may help.
    pub(super) async fn ask_again(&self, ask: &Ask<'_>) -> Result<Answer, Fault> {
        let began = Instant::now();
        let mut failures = 0;
        loop {
            let answer = self.ask(ask).await;
            if !matches!(answer, Err(Fault::Unavailable { .. })) {
                return answer;
            }
            failures += 1;
            let pause = RETRY_PAUSE.delay(failures, backoff::os_random());
            if began.elapsed() + pause > RETRY_WITHIN {
                return answer;
            }
            sleep(pause).await;
        }
    }

    /// The answer, or the fault that it means.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Fault> {
        let answer = self.exchange(ask).await?;
        answer.or_fault(&self.name, self.clock.now_ms())
    }

    /// The answer of whatever status, with a fresh token if the first was refused.
    pub(super) async fn exchange(&self, ask: &Ask<'_>) -> Result<Answer, Fault> {
        let known = self.auth.known(ask.repository).await?;
        let answer = self.travel(ask, known.as_ref()).await?;
        if answer.response.status() != StatusCode::UNAUTHORIZED || answer.outside {
            return Ok(answer);
        }
        let asked = challenges(answer.response.headers());
        let fresh = self.auth.challenged(ask.repository, &asked, known.as_ref()).await?;
        self.travel(ask, Some(&fresh)).await
    }

    /// Follows redirects by hand, so that credentials and signed addresses stay where they belong.
    async fn travel(&self, ask: &Ask<'_>, authorization: Option<&Secret<String>>) -> Result<Answer, Fault> {
        let mut trail = Trail::new(ask.url.clone(), self.plain_http, self.private_redirects);
        loop {
            let response = self.step(ask, &trail, authorization).await?;
            if !is_redirect(response.status()) {
                return Ok(Answer::new(response, &ask.method, !trail.at_home()));
            }
            let location = response.headers().get(LOCATION);
            trail.follow(location).map_err(|words| unavailable(&self.name, words))?;
        }
    }

    async fn step(
        &self,
        ask: &Ask<'_>,
        trail: &Trail,
        authorization: Option<&Secret<String>>,
    ) -> Result<Response, Fault> {
        let client = if trail.at_home() { &self.clients.own } else { &self.clients.outside };
        let mut request = client
            .request(ask.method.clone(), trail.here().clone())
            .header(ACCEPT, ask.accept)
            .header(ACCEPT_ENCODING, "identity");
        if let Some(range) = ask.span.header() {
            request = request.header(RANGE, range);
        }
        if let Some(authorization) = authorization.filter(|_| trail.at_home()) {
            request = request.header(AUTHORIZATION, self.sensitive(authorization)?);
        }
        match timeout(self.headers_timeout, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(unavailable(&self.name, describe(&error))),
            Err(_) => Err(unavailable(&self.name, "timed out waiting for the head of an answer")),
        }
    }

    /// The whole body of an answer that is small.
    pub(super) async fn collect(&self, answer: Answer, max_bytes: u64) -> Result<Bytes, Fault> {
        let whole = timeout(self.body_timeout, collect(answer.response, max_bytes, &self.name)).await;
        whole.map_err(|_| unavailable(&self.name, "timed out in the middle of an answer"))?
    }

    fn sensitive(&self, text: &Secret<String>) -> Result<HeaderValue, Fault> {
        let mut value = HeaderValue::from_str(text.expose()).map_err(|_| Fault::Denied {
            source_name: self.name.clone(),
            reason: "the credentials or token hold characters that no header can".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
