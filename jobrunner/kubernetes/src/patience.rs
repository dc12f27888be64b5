//! How long the API server wants us to wait, where its client does not look: when there are too many requests, it
//! answers in plain text, and the time is in a header. The client passes no headers on with an error.

use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use http_body_util::Either;
use kube::client::Body;
use serde_json::json;
use tower::util::MapResponseLayer;

/// An answer, or one in its place.
type Worded<B> = Response<Either<B, Body>>;

/// The layer that words refusals as the client reads them: as a status that says how long to wait.
pub(crate) fn layer<B>() -> MapResponseLayer<fn(Response<B>) -> Worded<B>> {
    MapResponseLayer::new(worded)
}

fn worded<B>(answer: Response<B>) -> Worded<B> {
    match asked_for(&answer) {
        Some(seconds) => refusal(seconds).map(Either::Right),
        None => answer.map(Either::Left),
    }
}

/// The seconds that a refusal asks for.
fn asked_for<B>(answer: &Response<B>) -> Option<u32> {
    let header = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    (answer.status() == StatusCode::TOO_MANY_REQUESTS).then(|| header.trim().parse().ok()).flatten()
}

fn refusal(seconds: u32) -> Response<Body> {
    let code = StatusCode::TOO_MANY_REQUESTS;
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "TooManyRequests",
        "code": code.as_u16(), "message": "too many requests", "details": {"retryAfterSeconds": seconds}});
    let mut refusal = Response::new(Body::from(status.to_string().into_bytes()));
    *refusal.status_mut() = code;
    refusal
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use domain::provider::Error;
    use http::Request;
    use http::header::CONTENT_TYPE;
    use k8s_openapi::api::core::v1::Pod;
    use kube::Api;
    use kube::client::ClientBuilder;

    use super::*;
    use crate::call::{Answer, call};
    use crate::gate::Gate;

    /// As Kubernetes 1.34 answers when its queues are full.
    fn too_many(seconds: &str) -> Response<Body> {
        Response::builder()
            .status(StatusCode::TOO_MANY_REQUESTS)
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .header(RETRY_AFTER, seconds)
            .body(Body::from(b"Too many requests, please try again later.\n".to_vec()))
            .unwrap()
    }

    async fn asked(gate: &Gate, answer: fn() -> Response<Body>) -> Result<Pod, Answer> {
        let service = tower::service_fn(move |_: Request<Body>| async move { Ok::<_, Infallible>(answer()) });
        let client = ClientBuilder::new(service, "sandboxes").with_layer(&layer()).build();
        let pods: Api<Pod> = Api::default_namespaced(client);
        call(gate, pods.get("one")).await
    }

    fn throttled(seconds: u64) -> Error {
        Error::Throttled { retry_after_s: Some(seconds) }
    }

    #[tokio::test]
    async fn the_header_of_a_plain_refusal_closes_the_gate() {
        let gate = Gate::new(50);
        assert_eq!(asked(&gate, || too_many("7")).await, Err(Answer::Failed(throttled(7))));
        assert_eq!(gate.pass().await.map(drop), Err(throttled(7)));
    }

    #[tokio::test]
    async fn a_header_that_is_no_number_counts_as_a_short_wait() {
        let answered = asked(&Gate::new(50), || too_many("Wed, 21 Oct 2026 07:28:00 GMT")).await;
        assert_eq!(answered, Err(Answer::Failed(throttled(1))));
    }

    #[tokio::test]
    async fn every_other_answer_is_left_as_it_is() {
        let mut away = too_many("9");
        *away.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!((asked_for(&too_many("9")), asked_for(&away)), (Some(9), None));
        let pod = || Response::new(Body::from(br#"{"metadata": {"name": "one"}}"#.to_vec()));
        let there = asked(&Gate::new(50), pod).await.unwrap();
        assert_eq!(there.metadata.name.as_deref(), Some("one"));
    }
}
