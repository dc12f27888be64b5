//! One question to the hosts in order.

use std::time::Duration;

use reqwest::header::{ACCEPT, RANGE};
use reqwest::{Method, Response, StatusCode};
use tokio::time::{sleep, timeout};

use super::{Counts, Error, Node};

const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// As the generated configuration has it for the mirror.
const DIAL_WITHIN: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 5;
const AGAIN_AFTER: Duration = Duration::from_millis(50);
const MANIFESTS: &str = "application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, */*";

#[derive(Debug)]
pub(super) struct Host {
    pub(super) url: String,
    pub(super) is_mirror: bool,
}

/// A request, whoever is asked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) method: Method,
    /// Below `/v2/`.
    pub(super) path: String,
    /// The first byte that is wanted.
    pub(super) from: u64,
}

pub(super) fn client() -> Result<reqwest::Client, Error> {
    let client = reqwest::Client::builder().no_proxy().connect_timeout(DIAL_WITHIN).build();
    client.map_err(Error::connection)
}

impl Node {
    /// The first good answer, or the first host's reason.
    pub(super) async fn ask(&self, question: &Question) -> Result<Response, Error> {
        let mut reason = None;
        for (at, host) in self.hosts.iter().enumerate() {
            let is_last = at + 1 == self.hosts.len();
            match self.ask_host(host, question, is_last).await {
                Ok(answer) => return Ok(answer),
                Err(error) => reason = reason.or(Some(error)),
            }
        }
        Err(reason.unwrap_or(Error::NoDigest))
    }

    async fn ask_host(&self, host: &Host, question: &Question, is_last: bool) -> Result<Response, Error> {
        let (mut before, mut attempt) = (None, 1);
        loop {
            let answer = self.attempt(host, question).await;
            let again = match &answer {
                Ok(answer) => !is_last_word(answer.status(), before, is_last),
                Err(error) => is_last && is_transient(error),
            };
            match answer {
                Ok(answer) if !again || attempt == ATTEMPTS => return judge(answer).await,
                Err(error) if !again || attempt == ATTEMPTS => return Err(error),
                Ok(answer) => {
                    self.note(answer.status());
                    before = Some(answer.status());
                }
                Err(_) => sleep(AGAIN_AFTER).await,
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, host: &Host, question: &Question) -> Result<Response, Error> {
        let mut url = format!("{}/v2/{}", host.url, question.path);
        if host.is_mirror {
            url = format!("{url}?ns={}", self.registry);
        } else {
            Counts::add(&self.counts.fallbacks, 1);
        }
        let mut request = self.client.request(question.method.clone(), url).header(ACCEPT, MANIFESTS);
        if question.from > 0 {
            request = request.header(RANGE, format!("bytes={}-", question.from));
        }
        let answer = timeout(HEADERS_WITHIN, request.send()).await.map_err(|_| Error::Headers)?;
        let answer = answer.map_err(Error::connection)?;
        if answer.status().is_server_error() {
            Counts::add(&self.counts.server_errors, 1);
        }
        Ok(answer)
    }

    fn note(&self, status: StatusCode) {
        if matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) {
            Counts::add(&self.counts.limited, 1);
        }
    }
}

fn is_last_word(status: StatusCode, before: Option<StatusCode>, is_last: bool) -> bool {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => false,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT | StatusCode::INTERNAL_SERVER_ERROR => {
            !is_last || before == Some(status)
        }
        _ => true,
    }
}

fn is_transient(error: &Error) -> bool {
    match error {
        Error::Headers => true,
        Error::Connection(error) => error.is_timeout() || super::error::is_short(error),
        _ => false,
    }
}

async fn judge(answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    Err(Error::Status { status, text: answer.text().await.unwrap_or_default() })
}
