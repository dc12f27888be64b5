//! What is answered when everything is well.

use std::time::Duration;

use super::Served;
use crate::manifests::Age;

const MANIFEST: &str = r#"{"schemaVersion":2, "layers":[]}"#;

#[tokio::test]
async fn a_ping_is_answered_without_an_upstream() {
    let served = Served::new().await;
    for target in ["/v2/", "/v2", "/v2/?ns=unheard.example"] {
        let answer = served.get(target).await;
        assert_eq!((answer.status, &*answer.body), (200, b"{}".as_slice()), "{target}");
        assert_eq!(answer.header("Docker-Distribution-API-Version"), Some("registry/2.0"));
        assert_eq!(answer.header("Date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    }
    assert!(served.script.asked().is_empty());
}

#[tokio::test]
async fn a_manifest_comes_verbatim_with_every_header_that_clients_use() {
    let served = Served::new().await;
    let digest = served.script.has_manifest("docker.io/library/debian", MANIFEST, None);
    let get = served.get("/v2/library/debian/manifests/12?ns=docker.io").await;
    let head = served.head("/v2/library/debian/manifests/12?ns=docker.io").await;
    assert_eq!(get.body, MANIFEST.as_bytes());
    for answer in [get, head] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.length(), MANIFEST.len());
        assert_eq!(answer.header("Content-Type"), Some(crate::manifest::OCI_MANIFEST));
        assert_eq!(answer.header("Docker-Content-Digest"), Some(&*digest.to_string()));
        assert_eq!(answer.header("ETag"), Some(&*format!("\"{digest}\"")));
        assert_eq!(answer.header("OCI-Namespace"), Some("docker.io"));
        assert_eq!(answer.header("X-Mirror"), Some("hit"));
        assert_eq!(answer.header("Warning"), None);
        assert!(answer.header("X-Request-Id").is_some());
    }
    let asked = served.script.asked();
    assert_eq!(
        asked,
        ["manifest docker.io/library/debian 12 false", "manifest docker.io/library/debian 12 true"]
    );
}

#[tokio::test]
async fn a_stale_tag_carries_a_warning() {
    let served = Served::new().await;
    served.script.has_manifest("ghcr.io/a", MANIFEST, Some(Age::Known(Duration::from_secs(40))));
    let answer = served.get("/v2/ghcr.io/a/manifests/1").await;
    assert_eq!((answer.status, answer.header("X-Mirror")), (200, Some("stale")));
    let warning = answer.header("Warning").unwrap();
    assert!(warning.starts_with("299 - \"") && warning.contains("40 s"), "{warning}");
    served.script.has_manifest("ghcr.io/a", MANIFEST, Some(Age::Unknown));
    let answer = served.get("/v2/ghcr.io/a/manifests/1").await;
    let warning = answer.header("Warning").unwrap();
    assert!(warning.starts_with("299 - \"") && warning.contains("clock has gone back"), "{warning}");
}

#[tokio::test]
async fn what_a_client_holds_is_not_sent_again() {
    let served = Served::new().await;
    let digest = served.script.has_manifest("docker.io/library/a", MANIFEST, None);
    let blob = served.script.has_blob(b"bytes");
    let mut client = served.client().await;
    for (target, digest) in
        [("/v2/a/manifests/1".to_owned(), digest), (format!("/v2/a/blobs/{blob}"), blob.clone())]
    {
        let etag = format!("\"x\", W/\"{digest}\"");
        let answer = client.ask("GET", &target, &[("If-None-Match", &etag)]).await;
        assert_eq!((answer.status, answer.header("Content-Length")), (304, None), "{target}");
        assert_eq!(client.ask("GET", &target, &[("If-None-Match", "\"x\"")]).await.status, 200);
    }
}

#[tokio::test]
async fn tags_lead_to_the_next_page_here() {
    let served = Served::new().await;
    served.script.has_tags(&["a", "b+c"], true);
    let answer = served.get("/v2/x/y/tags/list?n=2&ns=ghcr.io").await;
    assert_eq!(answer.json(), serde_json::json!({ "name": "x/y", "tags": ["a", "b+c"] }));
    let link = "</v2/x/y/tags/list?n=2&last=b%2Bc&ns=ghcr.io>; rel=\"next\"";
    assert_eq!(answer.header("Link"), Some(link));
    let none = served.get("/v2/x/y/tags/list?n=0").await;
    assert_eq!((none.json()["tags"].clone(), none.header("Link")), (serde_json::json!([]), None));
    served.script.has_tags(&["a"], false);
    assert_eq!(served.get("/v2/x/y/tags/list").await.header("Link"), None);
}

#[tokio::test]
async fn referrers_are_filtered_and_never_not_found() {
    let served = Served::new().await;
    let target = format!("/v2/a/referrers/{}", served.script.has_blob(b"x"));
    let empty = served.get(&target).await;
    assert_eq!((empty.status, empty.json()["manifests"].clone()), (200, serde_json::json!([])));
    served
        .script
        .has_referrers(r#"{"schemaVersion":2,"manifests":[{"artifactType":"a/b"},{"artifactType":"c"},{}]}"#);
    let all = served.get(&target).await;
    assert_eq!(all.json()["manifests"].as_array().unwrap().len(), 3);
    assert_eq!(all.header("OCI-Filters-Applied"), None);
    let some = served.get(&format!("{target}?artifactType=a%2Fb")).await;
    assert_eq!(some.json()["manifests"], serde_json::json!([{ "artifactType": "a/b" }]));
    assert_eq!(some.header("OCI-Filters-Applied"), Some("artifactType"));
    assert_eq!(some.header("Content-Type"), Some(crate::manifest::OCI_INDEX));
    served.script.has_referrers("no index");
    assert_eq!(served.get(&format!("{target}?artifactType=a")).await.status, 502);
}
