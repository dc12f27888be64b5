//! What a node is told when something is wrong.

use std::time::Duration;

use tokio::time::Instant;

use super::Served;
use crate::digest::{Algorithm, Digest};
use crate::source::Fault;

fn name() -> String {
    "hub".to_owned()
}

fn reason() -> String {
    "because".to_owned()
}

#[tokio::test]
async fn absent_is_404_with_the_code_of_what_is_missing() {
    let served = Served::new().await;
    let digest = Digest::of(Algorithm::Sha256, b"nowhere");
    for (target, code) in [
        ("/v2/a/manifests/1".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("/v2/a/manifests/{digest}"), "MANIFEST_UNKNOWN"),
        (format!("/v2/a/blobs/{digest}"), "BLOB_UNKNOWN"),
        ("/v2/a/manifests/.INVALID_MANIFEST_NAME".to_owned(), "MANIFEST_UNKNOWN"),
        ("/v2/unheard.example/a/manifests/1".to_owned(), "NAME_UNKNOWN"),
        ("/v2/a/manifests/1?ns=unheard.example".to_owned(), "NAME_UNKNOWN"),
        ("/v2/a/tags/list?ns=10.0.0.1:22".to_owned(), "NAME_UNKNOWN"),
    ] {
        let answer = served.get(&target).await;
        assert_eq!((answer.status, &*answer.code()), (404, code), "{target}");
        assert_eq!(served.head(&target).await.status, 404, "{target}");
    }
}

#[tokio::test]
async fn an_unheard_registry_is_never_asked() {
    let served = Served::new().await;
    let digest = Digest::of(Algorithm::Sha256, b"x");
    for rest in ["manifests/1".to_owned(), format!("blobs/{digest}"), format!("referrers/{digest}")] {
        for target in [format!("/v2/a/{rest}?ns=169.254.169.254"), format!("/v2/169.254.169.254:80/a/{rest}")]
        {
            assert_eq!(served.get(&target).await.status, 404, "{target}");
        }
    }
    assert!(served.script.asked().is_empty());
}

#[tokio::test]
async fn other_faults_send_a_node_to_the_upstream() {
    let served = Served::new().await;
    let hour = Some(Duration::from_secs(3600));
    for (fault, status, code) in [
        (Fault::Denied { source_name: name(), reason: reason() }, 403, "DENIED"),
        (Fault::Limited { source_name: name(), retry_after: hour }, 503, "UNAVAILABLE"),
        (Fault::Unavailable { source_name: name(), reason: reason() }, 502, "UNAVAILABLE"),
        (Fault::Corrupt { source_name: name(), reason: reason() }, 502, "UNAVAILABLE"),
        (Fault::NoRoom { reason: reason(), for_good: true }, 503, "UNAVAILABLE"),
        (Fault::Local { reason: "/secret/folder is full".to_owned() }, 503, "UNAVAILABLE"),
    ] {
        served.script.faults([fault.clone()]);
        let answer = served.get("/v2/a/manifests/1").await;
        assert_eq!((answer.status, &*answer.code()), (status, code), "{fault:?}");
        assert!(!String::from_utf8(answer.body.clone()).unwrap().contains("/secret"));
        assert_eq!(answer.header("Retry-After").is_some(), status == 503, "{fault:?}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["detail"]["request_id"].as_str(), answer.header("X-Request-Id"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_comes_back_soon_is_waited_for() {
    let served = Served::new().await;
    served.script.has_manifest("docker.io/library/a", "{}", None);
    let soon = Some(Duration::from_secs(3));
    served.script.faults([Fault::Limited { source_name: name(), retry_after: soon }]);
    assert_eq!(served.get("/v2/a/manifests/1").await.status, 200);
    assert_eq!(served.script.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_hangs_is_answered_before_containerd_gives_up() {
    let served = Served::new().await;
    served.script.hangs();
    let begin = Instant::now();
    let answer = served.get("/v2/a/manifests/1").await;
    assert_eq!((answer.status, &*answer.code()), (504, "UNAVAILABLE"));
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_question_ends_with_its_client() {
    let served = Served::new().await;
    served.script.hangs();
    let mut client = served.client().await;
    client.send("GET", "/v2/a/manifests/1", &[]).await;
    served.script.was_asked.notified().await;
    drop(client);
    served.until_metric("connections 0").await;
}

#[tokio::test]
async fn tricks_with_paths_are_refused() {
    let served = Served::new().await;
    for target in [
        "/v2/../../etc/passwd/manifests/1",
        "/v2/a/%2e%2e/%2e%2e/blobs/x",
        "/v2/a/blobs/sha256:..%2f..%2fx",
        "/v2/A/manifests/1",
        "/v2/a/blobs/sha256:zz",
        "/v2/a/referrers/latest",
        "/v2/a/tags/list?n=many",
    ] {
        assert_eq!(served.get(target).await.status, 400, "{target}");
    }
    assert!(served.script.asked().is_empty());
}

#[tokio::test]
async fn nothing_of_a_request_becomes_a_header() {
    let served = Served::new().await;
    let answer = served.get("/v2/a/manifests/1?ns=x%0d%0aX-Evil:%20yes").await;
    assert_eq!((answer.status, answer.header("X-Evil")), (404, None));
    let mut client = served.client().await;
    let answer = client.ask("GET", "/v2/", &[("X-Request-Id", "kept-1")]).await;
    assert_eq!(answer.header("X-Request-Id"), Some("kept-1"));
}
