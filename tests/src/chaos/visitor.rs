//! A browser that has entered one app: its cookie is good at every proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::{Request, generate_key};

use super::platform::Platform;
use crate::processes::{Ground, Role};

/// How long somebody tries to come in.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who may open one app of one sandbox.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    proxies: [SocketAddr; 2],
    client: reqwest::Client,
    /// The app's host without port.
    host: String,
    cookie: String,
}

impl Visitor {
    /// Has a link made and opens it as a browser does: redeems its ticket at a proxy for a cookie.
    ///
    /// # Errors
    /// When the proxy refuses, or has nobody to ask for too long.
    pub(super) async fn enter(
        ground: Arc<Ground>,
        platform: &Platform,
        (sandbox, app): (&str, &str),
        proxy: usize,
    ) -> anyhow::Result<Self> {
        let proxies = [0, 1].map(|index| ground.addresses(Role::Proxy, index).0);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let link = platform.access(sandbox, app).await?;
            let answer = Self::redeem(proxies, &link, proxy).await?;
            if answer.is_some() {
                return answer.context("no visitor");
            }
            ensure!(Instant::now() < deadline, "proxy {proxy} has nobody to redeem tickets");
        }
    }

    /// Redeems the ticket of a link. None when the proxy could not ask the API.
    ///
    /// # Errors
    /// When the proxy refuses.
    pub(super) async fn redeem(
        proxies: [SocketAddr; 2],
        link: &str,
        proxy: usize,
    ) -> anyhow::Result<Option<Self>> {
        let (address, ticket) = link.split_once("#ticket=").context("a link without ticket")?;
        let ticket = ticket.split('&').next().unwrap_or(ticket);
        let host = address.split("://").nth(1).and_then(|rest| rest.split([':', '/']).next());
        let host = host.context("a link without host")?.to_owned();
        let visitor = Self { proxies, client: reqwest::Client::new(), host, cookie: String::new() };
        let request = visitor.request(proxy, Method::POST, "/_qj/enter").json(&json!({ "ticket": ticket }));
        let answer = request.send().await?;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            return Ok(None);
        }
        ensure!(answer.status() == StatusCode::OK, "enter: {} {}", answer.status(), answer.text().await?);
        let cookie = answer.headers().get(SET_COOKIE).context("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Some(Self { cookie, ..visitor }))
    }

    /// A request of the app's own page to a proxy.
    pub(super) fn request(&self, proxy: usize, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = self.address(proxy);
        let host = format!("{}:{}", self.host, address.port());
        let request = self.client.request(method, format!("http://{address}{path}"));
        let request = request.header(ORIGIN, format!("http://{host}")).header(HOST, host);
        request.header(COOKIE, &self.cookie)
    }

    /// The app's terminal through a proxy.
    ///
    /// # Errors
    /// When there is no connection or the upgrade is refused.
    pub(super) async fn terminal(&self, proxy: usize) -> anyhow::Result<WebSocketStream<TcpStream>> {
        let address = self.address(proxy);
        let host = format!("{}:{}", self.host, address.port());
        let request = Request::builder()
            .uri(format!("ws://{host}/_qj/terminal"))
            .header("Host", &host)
            .header("Origin", format!("http://{host}"))
            .header("Cookie", &self.cookie)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key())
            .header("Sec-WebSocket-Protocol", "qj.terminal.v1")
            .body(())?;
        let stream = TcpStream::connect(address).await?;
        Ok(tokio_tungstenite::client_async(request, stream).await?.0)
    }

    fn address(&self, proxy: usize) -> SocketAddr {
        self.proxies[proxy % 2]
    }
}
