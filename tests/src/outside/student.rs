//! A student's browser, as far as the region sees it.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{COOKIE, ETAG, HeaderValue, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::connection::Connection;

/// Bytes before a terminal's output: the number of the first one.
const OFFSET_BYTES: usize = 8;

/// A browser on one app's host.
#[derive(Debug)]
pub struct Student {
    connection: Connection,
    proxy: SocketAddr,
    host: String,
    cookie: HeaderValue,
}

/// A terminal that is open.
#[derive(Debug)]
pub struct Terminal(WebSocketStream<TcpStream>);

impl Student {
    /// Opens a URL with a ticket, and redeems it for a cookie.
    ///
    /// # Errors
    /// That the ticket was refused.
    pub async fn enter(proxy: SocketAddr, url: &str) -> anyhow::Result<Self> {
        let (place, ticket) = url.split_once("#ticket=").context("a URL without ticket")?;
        let host = place.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, format!("http://{host}").parse()?);
        let mut connection = Connection::open(proxy, &host, headers).await?;
        let ticket = ticket.split('&').next().unwrap_or_default();
        let entered =
            connection.send(Method::POST, "/_qj/enter", json!({"ticket": ticket}).to_string()).await?;
        entered.json()?;
        let set = entered.headers.get(SET_COOKIE).context("no cookie")?.to_str()?;
        let cookie = HeaderValue::from_str(set.split(';').next().unwrap_or_default())?;
        connection.always(COOKIE, cookie.clone());
        Ok(Self { connection, proxy, host, cookie })
    }

    /// The host of the app.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The cookie, as it is sent.
    ///
    /// # Errors
    /// None in practice: it is text.
    pub fn cookie(&self) -> anyhow::Result<&str> {
        Ok(self.cookie.to_str()?)
    }

    /// Loads a page and gives its status.
    ///
    /// # Errors
    /// That the connection broke.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<StatusCode> {
        Ok(self.connection.send(Method::GET, path, "").await?.status)
    }

    /// Follows the status as our pages do, until the sandbox is ready.
    ///
    /// # Errors
    /// That it failed.
    pub async fn until_ready(&mut self) -> anyhow::Result<()> {
        let mut known = String::new();
        loop {
            let path = format!("/_qj/status?wait_s=25{known}");
            let answer = self.connection.send(Method::GET, &path, "").await?;
            if answer.status == StatusCode::NOT_MODIFIED {
                continue;
            }
            let status: Value = answer.json()?;
            match status["phase"].as_str() {
                Some("ready") => return Ok(()),
                Some("failed" | "deleting" | "deleted") | None => bail!("{status}"),
                Some(_) => {}
            }
            let tag = answer.headers.get(ETAG).context("a status without tag")?.to_str()?;
            known = format!("&etag={}", tag.trim_matches('"'));
        }
    }

    /// Opens the terminal.
    ///
    /// # Errors
    /// That it was refused.
    pub async fn terminal(&self) -> anyhow::Result<Terminal> {
        let stream = TcpStream::connect(self.proxy).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{}/_qj/terminal", self.host).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(ORIGIN, format!("http://{}", self.host).parse()?);
        headers.insert(COOKIE, self.cookie.clone());
        headers.insert("sec-websocket-protocol", HeaderValue::from_static("qj.terminal.v1"));
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        let attach =
            json!({"t": "attach", "client": "c1", "incarnation": null, "seen": 0, "cols": 80, "rows": 24});
        socket.send(Message::text(attach.to_string())).await?;
        Ok(Terminal(socket))
    }
}

impl Terminal {
    /// Waits until the output contains one of these.
    ///
    /// # Errors
    /// That it ended before.
    pub async fn shows(&mut self, any_of: &[&str]) -> anyhow::Result<()> {
        let mut output = Vec::new();
        while let Some(message) = self.0.next().await {
            let Message::Binary(frame) = message? else { continue };
            ensure!(frame.len() >= OFFSET_BYTES, "a frame without offset");
            output.extend_from_slice(&frame[OFFSET_BYTES..]);
            let text = String::from_utf8_lossy(&output);
            if any_of.iter().any(|wanted| text.contains(wanted)) {
                return Ok(());
            }
        }
        bail!("the terminal ended after {:?}", String::from_utf8_lossy(&output))
    }

    /// Types; `number` counts the inputs of this tab from 1.
    ///
    /// # Errors
    /// That the connection broke.
    pub async fn types(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        let mut frame = number.to_be_bytes().to_vec();
        frame.extend_from_slice(text.as_bytes());
        Ok(self.0.send(Message::binary(frame)).await?)
    }
}
