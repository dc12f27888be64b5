//! The proxy's gate: raw requests, each on a connection of its own.

use std::net::SocketAddr;

use anyhow::ensure;
use http::StatusCode;
use tests::outside::{Connection, Region, Student};
use tokio::net::TcpStream;

use super::raw::{check, exchange};
use crate::mutate::Mutator;

/// The proxy and requests that are right.
#[derive(Debug)]
pub(super) struct Gate {
    proxy: SocketAddr,
    samples: Vec<Vec<u8>>,
    host: String,
}

impl Gate {
    pub(super) fn new(region: &Region, student: &Student) -> anyhow::Result<Self> {
        let (host, cookie) = (student.host(), student.cookie()?);
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: qj.terminal.v1\r\n";
        let samples = [
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n"),
            format!("GET /_qj/status?wait_s=0 HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"),
            format!(
                "POST /_qj/enter HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: 14\r\n\r\n{{\"ticket\":\"t\"}}"
            ),
            format!(
                "PUT /_qj/files?path=a HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            ),
            format!(
                "GET /_qj/terminal HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n{upgrade}\r\n"
            ),
            format!("GET /_qj/assets/none.js HTTP/1.0\r\nHost: {host}\r\n\r\n"),
        ];
        Ok(Self {
            proxy: region.proxy(),
            samples: samples.map(String::into_bytes).to_vec(),
            host: host.to_owned(),
        })
    }

    pub(super) async fn turn(&self, mutator: &mut Mutator, inputs: usize) -> anyhow::Result<()> {
        for _ in 0..inputs {
            let bytes = mutator.changed(&self.samples);
            let answer = exchange(TcpStream::connect(self.proxy).await?, &bytes).await;
            check(&answer, &bytes)?;
        }
        let mut connection = Connection::open(self.proxy, &self.host, http::HeaderMap::new()).await?;
        let stranger = connection.send(http::Method::GET, "/", "").await?.status;
        ensure!(stranger == StatusCode::UNAUTHORIZED, "a stranger got {stranger}");
        Ok(())
    }
}
