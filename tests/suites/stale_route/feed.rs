//! The internal API as a proxy sees it, telling the same routes for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::route::Route;
use domain::token::Signer;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Answers with these routes from now on.
pub(super) async fn tell(
    routes: Vec<Route>,
    signer: &Signer,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (kid, public) = signer.public();
    let whole = json!({"position": "E1.1", "full": true, "routes": routes, "gone": [], "keys": [{"kid": kid, "public": public}]});
    tasks.spawn(listen(listener, Arc::new(whole)));
    Ok(address)
}

async fn listen(listener: TcpListener, whole: Arc<Value>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let whole = whole.clone();
        let service = service_fn(move |request| {
            let whole = whole.clone();
            async move { Ok::<_, Infallible>(answer(&whole, &request).await) }
        });
        connections.spawn(async move {
            let server = hyper::server::conn::http1::Builder::new();
            let _ended = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(whole: &Value, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    match (request.uri().path(), request.uri().query()) {
        ("/internal/routes", Some(query)) if query.contains("after=") => std::future::pending().await,
        ("/internal/routes", _) => reply(StatusCode::OK, whole),
        ("/internal/activity", _) => reply(StatusCode::NO_CONTENT, &Value::Null),
        (path, _) => {
            let routes = whole["routes"].as_array().into_iter().flatten();
            let asked = |route: &&Value| route["sandbox"].as_str().is_some_and(|id| path.ends_with(id));
            routes.clone().find(asked).map_or_else(
                || reply(StatusCode::NOT_FOUND, &json!({"type": "not_found"})),
                |route| reply(StatusCode::OK, route),
            )
        }
    }
}

fn reply(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    response
}
