//! The client of a region's API.

pub mod events;
pub mod view;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use runtime::Secret;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::problem::Problem;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two signs of life of an answer: the region's heartbeats come sooner.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A region's API, spoken to with one key.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    key: Option<Secret<String>>,
    http: reqwest::Client,
}

/// A question and what it says.
#[derive(Debug, Default)]
pub struct Request<'a> {
    /// Below the API's address, such as `/v1/sandboxes`.
    pub path: &'a str,
    /// Names and values; a name may repeat.
    pub query: Vec<(&'a str, String)>,
    /// Sent as JSON.
    pub body: Option<&'a Value>,
}

impl Api {
    /// The API at `base`, such as `http://localhost:8000`.
    ///
    /// # Errors
    /// [`Error::Usage`] when `base` is no such address.
    pub fn new(base: &str, key: Option<Secret<String>>) -> Result<Self, Error> {
        let bad = || Error::Usage(format!("--url {base}: must be http://HOST[:PORT] or https://HOST[:PORT]"));
        let url: reqwest::Url = base.parse().map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.password().is_some() {
            return Err(bad());
        }
        let builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT);
        let http = builder.build().map_err(|error| Error::Failed(format!("HTTP client: {error}")))?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), key, http })
    }

    /// The API's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads.
    ///
    /// # Errors
    /// [`Error::Problem`], [`Error::Unreachable`], [`Error::Answer`].
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.ask(Method::GET, Request { path, ..Request::default() }).await
    }

    /// Commands, with a JSON body.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.ask(Method::POST, Request { path, body: Some(body), ..Request::default() }).await
    }

    /// Asks and reads the answer as JSON; null when it has no body.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn ask(&self, method: Method, request: Request<'_>) -> Result<Value, Error> {
        let name = format!("{method} {}", request.path);
        let response = self.send(self.request(method, &request)).await?;
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::Answer { request: name, reason: error.to_string() })
    }

    /// A request to be completed by the caller and given to [`send`](Self::send).
    pub fn request(&self, method: Method, request: &Request<'_>) -> RequestBuilder {
        let url = format!("{}{}", self.base, request.path);
        let mut builder = self.http.request(method, url).query(&request.query);
        if let Some(key) = &self.key {
            builder = builder.bearer_auth(key.expose());
        }
        match request.body {
            Some(body) => builder.json(body),
            None => builder,
        }
    }

    /// Sends a request; an answer that is no success is an error.
    ///
    /// # Errors
    /// [`Error::Problem`], [`Error::Unreachable`].
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let request_id =
            response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let body = response.bytes().await.unwrap_or_default();
        let mut problem = Problem::read(status.as_u16(), &body, request_id.as_deref());
        if status.as_u16() == 401 && self.key.is_none() {
            problem.detail =
                Some("Give one with --key-file or QINGJIAO_KEY; `region key create` makes one.".to_owned());
        }
        Err(problem.into())
    }

    /// What went wrong on the way; never the key.
    pub(crate) fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut reason: &dyn std::error::Error = error;
        while let Some(source) = reason.source() {
            reason = source;
        }
        let reason = if error.is_timeout() { "no answer in time".to_owned() } else { reason.to_string() };
        Error::Unreachable { url: self.base.clone(), reason }
    }
}

/// Reads an answer, or a part of one, as a view.
///
/// # Errors
/// [`Error::Answer`] when it does not fit.
pub fn read<T: DeserializeOwned>(request: &str, answer: &Value) -> Result<T, Error> {
    T::deserialize(answer)
        .map_err(|error| Error::Answer { request: request.to_owned(), reason: error.to_string() })
}

/// One part of a path, so that no name can lead elsewhere.
#[must_use]
pub fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path of several parts: its slashes stay.
#[must_use]
pub fn segments(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Everything but what a name or version may be made of.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for good in ["http://localhost:8000", "https://bj.example.com/", "http://[::1]:80"] {
            assert!(Api::new(good, None).is_ok(), "{good}");
        }
        for bad in ["localhost:8000", "ftp://x", "http://user:secret@host", ""] {
            assert_eq!(Api::new(bad, None).unwrap_err().exit(), crate::error::Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn names_cannot_lead_elsewhere() {
        assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
        assert_eq!(segment("sha256:ab"), "sha256:ab");
        assert_eq!(segments("a b/c#"), "a%20b/c%23");
    }
}
