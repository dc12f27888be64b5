//! An app in a machine: answers by its path, and remembers the heads of requests it got.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Either, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::websocket;

type Stream = futures_util::stream::BoxStream<'static, Result<Frame<Bytes>, Infallible>>;
type Body = Either<Full<Bytes>, StreamBody<Stream>>;

/// What an app got.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body_bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) name: String,
    pub(super) got: Mutex<Vec<Got>>,
}

impl App {
    pub(super) fn named(name: &str) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), got: Mutex::default() })
    }

    pub(super) fn last(&self) -> Got {
        self.got.lock().last().cloned().expect("the app got a request")
    }

    /// Serves one connection.
    pub(super) async fn serve<S>(self: Arc<Self>, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(move |request| {
            let app = self.clone();
            async move { Ok::<_, Infallible>(app.answer(request).await) }
        });
        let server = hyper::server::conn::http1::Builder::new();
        let _ended = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path_and_query().unwrap().to_string();
        let got = Got {
            method: request.method().to_string(),
            path: path.clone(),
            headers: request.headers().clone(),
            body_bytes: 0,
        };
        self.got.lock().push(got);
        match path.split('?').next().unwrap() {
            "/ws" | "/terminal" => echo_websocket(request),
            "/lie" => lie(),
            "/tunnel" => tunnel(request),
            "/refuse-upgrade" => text(StatusCode::OK, "no upgrade here"),
            "/events" => events(),
            "/large" => large(path.split('=').nth(1).unwrap().parse().unwrap()),
            "/never" => std::future::pending().await,
            "/headers" => framed(),
            _ => {
                let count = count(request.body_mut()).await;
                self.got.lock().last_mut().unwrap().body_bytes = count;
                text(StatusCode::OK, &format!("{} got {count} bytes", self.name))
            }
        }
    }
}

async fn count(body: &mut Incoming) -> usize {
    let mut count = 0;
    while let Some(Ok(frame)) = body.frame().await {
        count += frame.data_ref().map_or(0, Bytes::len);
    }
    count
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    Response::builder().status(status).body(Either::Left(Full::from(text.to_owned()))).unwrap()
}

fn streamed(kind: &str, stream: Stream) -> Response<Body> {
    Response::builder().header("content-type", kind).body(Either::Right(StreamBody::new(stream))).unwrap()
}

/// An event at once and then none.
fn events() -> Response<Body> {
    let first = futures_util::stream::once(async { Ok(Frame::data(Bytes::from_static(b"data: hello\n\n"))) });
    streamed("text/event-stream", first.chain(futures_util::stream::pending()).boxed())
}

fn large(mut left: usize) -> Response<Body> {
    let piece = Bytes::from(vec![b'x'; 16 * 1024]);
    let pieces = futures_util::stream::iter(std::iter::from_fn(move || {
        let count = left.min(piece.len());
        left -= count;
        (count > 0).then(|| Ok(Frame::data(piece.slice(..count))))
    }));
    streamed("application/octet-stream", pieces.boxed())
}

/// An answer with everything that we change on its way.
fn framed() -> Response<Body> {
    let mut response = text(StatusCode::OK, "framed");
    let pairs = [
        ("x-frame-options", "DENY"),
        ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
        ("content-security-policy", "Frame-Ancestors https://a, script-src 'self'"),
        ("set-cookie", "own=1; Path=/"),
        ("set-cookie", "__Host-qj=stolen; Path=/; Secure"),
        ("set-cookie", "wide=1; Domain=localhost"),
        ("set-cookie", "wide=2; domain=.LOCALHOST"),
        ("clear-site-data", "\"cookies\""),
        ("alt-svc", "h3=\":443\""),
        ("keep-alive", "timeout=5"),
        ("x-kept", "yes"),
    ];
    for (name, value) in pairs {
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

/// A 101 whose proof is wrong.
fn lie() -> Response<Body> {
    let response = Response::builder().status(101).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
    response
        .header(SEC_WEBSOCKET_ACCEPT, "bm90IHRoZSByaWdodCBvbmU=")
        .body(Either::Left(Full::default()))
        .unwrap()
}

fn upgraded<F, E>(mut request: Request<Incoming>, protocol: &str, then: F) -> Response<Body>
where
    F: FnOnce(TokioIo<hyper::upgrade::Upgraded>) -> E + Send + 'static,
    E: Future<Output = ()> + Send,
{
    let accept = websocket::expected_accept(request.headers());
    let upgrade = hyper::upgrade::on(&mut request);
    #[expect(clippy::disallowed_methods, reason = "a scripted app of a test ends with its runtime")]
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            then(TokioIo::new(upgraded)).await;
        }
    });
    let mut response =
        Response::builder().status(101).header(CONNECTION, "Upgrade").header(UPGRADE, protocol);
    if let Some(accept) = accept {
        response = response.header(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(chosen) = request.headers().get("sec-websocket-protocol") {
        response = response.header("sec-websocket-protocol", chosen);
    }
    response.body(Either::Left(Full::default())).unwrap()
}

/// Echoes messages; `half` begins a frame and never ends it; `quit` hangs up.
fn echo_websocket(request: Request<Incoming>) -> Response<Body> {
    upgraded(request, "websocket", async |stream| {
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            match message.to_text() {
                Ok("half") => {
                    use tokio::io::AsyncWriteExt as _;
                    socket.get_mut().write_all(&[0x82, 100, 1, 2, 3]).await.unwrap();
                    socket.get_mut().flush().await.unwrap();
                    std::future::pending::<()>().await;
                }
                Ok("quit") => return,
                _ => {}
            }
            if message.is_text() || message.is_binary() {
                let _ = socket.send(message).await;
            }
        }
    })
}

/// A protocol that is no WebSocket: echoes bytes.
fn tunnel(request: Request<Incoming>) -> Response<Body> {
    upgraded(request, "rope", async |stream| {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    })
}
