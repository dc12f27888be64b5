//! The api-server as the proxy sees it: the internal requests of docs/protocols.md, section 5.

mod address;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) use address::ApiAddress;

use crate::exchange;

/// How long a request that a visitor waits for may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// A whole table of ten thousand sandboxes has about 10 MiB.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// The api-server, reached anew for each request: there are few.
#[derive(Debug)]
pub(crate) struct Api {
    address: ApiAddress,
    authorization: HeaderValue,
}

/// Why there is no answer to use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It doesn't answer, or not in time, or with a fault of its own.
    #[error("the api-server is unavailable: {0}")]
    Unavailable(String),
    /// It says no.
    #[error("the api-server refuses with {status}: {slug}")]
    Refused {
        /// Its status, 4xx.
        status: StatusCode,
        /// The problem's stable name.
        slug: String,
        /// The whole problem.
        problem: Value,
    },
    /// Its answer is not what was agreed.
    #[error("the api-server's answer can't be read: {0}")]
    Malformed(String),
}

impl Api {
    pub(crate) fn new(address: ApiAddress, authorization: HeaderValue) -> Self {
        Self { address, authorization }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.get_within(path, PATIENCE).await
    }

    pub(crate) async fn get_within<T: DeserializeOwned>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<T, Error> {
        let request = self.request(Method::GET, path, Bytes::new())?;
        read(self.call(request, patience).await?)
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        let request = self.request(Method::POST, path, Bytes::from(body.to_string()))?;
        read(self.call(request, PATIENCE).await?)
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Error> {
        let request = Request::builder().method(method).uri(path).header(HOST, self.address.authority());
        let request = request.header(AUTHORIZATION, &self.authorization).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/json");
        request.body(Full::new(body)).map_err(|error| Error::Malformed(error.to_string()))
    }

    async fn call(&self, request: Request<Full<Bytes>>, patience: Duration) -> Result<Bytes, Error> {
        let (status, body) = match timeout(patience, self.exchange(request)).await {
            Ok(answer) => answer?,
            Err(_) => return Err(Error::Unavailable("no answer in time".to_owned())),
        };
        match status {
            status if status.is_success() => Ok(body),
            status if status.is_client_error() => Err(refused(status, &body)),
            status => Err(Error::Unavailable(format!("it answers {status}"))),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Error> {
        let unavailable = |error: &dyn std::error::Error| Error::Unavailable(error.to_string());
        let target = (self.address.host(), self.address.port());
        let stream = TcpStream::connect(target).await.map_err(|error| unavailable(&error))?;
        let (response, line) = exchange::send(stream, request).await.map_err(|error| unavailable(&error))?;
        let (head, body) = response.into_parts();
        let bytes =
            line.collect(body, ANSWER_BYTES_MAX).await.map_err(|error| unavailable(error.as_ref()))?;
        Ok((head.status, bytes))
    }
}

fn refused(status: StatusCode, body: &[u8]) -> Error {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    // A slug may come bare or as the end of an address.
    let slug = problem["type"].as_str().and_then(|slug| slug.rsplit(['/', ':', '#']).next());
    Error::Refused { status, slug: slug.unwrap_or("refused").to_owned(), problem }
}

fn read<T: DeserializeOwned>(body: Bytes) -> Result<T, Error> {
    let bytes: &[u8] = if body.is_empty() { b"null" } else { &body };
    serde_json::from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))
}
