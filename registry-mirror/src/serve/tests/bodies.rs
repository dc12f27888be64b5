//! Bytes of blobs: whole, in part, and while they come.

use super::Served;
use crate::blob::Progress;
use crate::source::Fault;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 251) as u8).collect()
}

#[tokio::test]
async fn a_blob_is_sent_by_get_and_described_by_head() {
    let served = Served::new().await;
    let content = bytes(3_000_000);
    let digest = served.script.has_blob(&content);
    let target = format!("/v2/a/b/blobs/{digest}");
    let get = served.get(&target).await;
    assert!(get.body == content, "the bytes differ");
    assert_eq!(get.header("X-Mirror"), Some("hit"));
    for answer in [get, served.head(&target).await] {
        assert_eq!((answer.status, answer.length()), (200, content.len()));
        assert_eq!(answer.header("Content-Type"), Some("application/octet-stream"));
        assert_eq!(answer.header("Docker-Content-Digest"), Some(&*digest.to_string()));
        assert_eq!(answer.header("Accept-Ranges"), Some("bytes"));
    }
    assert_eq!(served.script.asked(), ["blob docker.io/a/b", "size docker.io/a/b"]);
}

#[tokio::test]
async fn ranges_are_those_of_the_conformance_suite() {
    let served = Served::new().await;
    let content = bytes(2048);
    let target = format!("/v2/a/blobs/{}", served.script.has_blob(&content));
    let mut client = served.client().await;
    for (range, part) in
        [("500-1499", 500..1500), ("500-", 500..2048), ("-500", 1548..2048), ("2000-5000", 2000..2048)]
    {
        let answer = client.ask("GET", &target, &[("Range", &format!("bytes={range}"))]).await;
        assert_eq!((answer.status, answer.length()), (206, part.len()), "{range}");
        let content_range = format!("bytes {}-{}/2048", part.start, part.end - 1);
        assert_eq!(answer.header("Content-Range"), Some(&*content_range));
        assert_eq!(answer.body, content[part]);
    }
    for range in ["500-0", "5000-10000"] {
        let answer = client.ask("GET", &target, &[("Range", &format!("bytes={range}"))]).await;
        assert_eq!((answer.status, answer.header("Content-Range")), (416, Some("bytes */2048")), "{range}");
    }
    let several = client.ask("GET", &target, &[("Range", "bytes=0-1,4-5")]).await;
    assert_eq!((several.status, several.body.len()), (200, 2048));
}

#[tokio::test]
async fn a_range_of_other_content_is_not_followed() {
    let served = Served::new().await;
    let digest = served.script.has_blob(&bytes(10));
    let target = format!("/v2/a/blobs/{digest}");
    let mut client = served.client().await;
    for (etag, status) in
        [(format!("\"{digest}\""), 206), (format!("W/\"{digest}\""), 200), ("\"other\"".to_owned(), 200)]
    {
        let headers = [("Range", "bytes=1-2"), ("If-Range", &*etag)];
        assert_eq!(client.ask("GET", &target, &headers).await.status, status, "{etag}");
    }
}

#[tokio::test]
async fn everyone_gets_the_bytes_of_a_fill_as_they_come() {
    let served = Served::new().await;
    let content = bytes(100_000);
    let (digest, progress) = served.script.fills(&content, 0);
    let target = format!("/v2/a/blobs/{digest}");
    let (mut first, mut second) = (served.client().await, served.client().await);
    first.send("GET", &target, &[]).await;
    second.send("GET", &target, &[("Range", "bytes=60000-")]).await;
    let head = first.answer_head().await;
    assert_eq!((head.status, head.length(), head.header("X-Mirror")), (200, 100_000, Some("lead")));
    assert_eq!(second.answer_head().await.status, 206);
    progress.send_replace(Progress::Filling(40_000));
    assert_eq!(first.bytes(40_000).await, content[..40_000]);
    progress.send_replace(Progress::Filling(99_999));
    assert_eq!(first.bytes(59_999).await, content[40_000..99_999]);
    assert_eq!(second.bytes(39_999).await, content[60_000..99_999]);
    progress.send_replace(Progress::Sealed);
    assert_eq!(first.bytes(1).await, content[99_999..]);
    assert_eq!(second.bytes(1).await, content[99_999..]);
    assert_eq!(first.ask("GET", "/v2/", &[]).await.status, 200, "the connection goes on");
}

#[tokio::test]
async fn a_fill_that_breaks_ends_short_and_clean_after_right_bytes() {
    let served = Served::new().await;
    let content = bytes(1000);
    let (digest, progress) = served.script.fills(&content, 400);
    let mut client = served.client().await;
    client.send("GET", &format!("/v2/a/blobs/{digest}"), &[]).await;
    // A pipelined request that is never read would make the end a reset.
    client.send("GET", "/v2/", &[]).await;
    assert_eq!(client.answer_head().await.length(), 1000);
    assert_eq!(client.bytes(400).await, content[..400]);
    let reason = "it sent other bytes".to_owned();
    progress.send_replace(Progress::Broken(Fault::Corrupt { source_name: "s".to_owned(), reason }));
    assert_eq!(client.rest().await, b"");
    served.until_metric("bodies_cut_total{by=\"Fill\"} 1").await;
}

#[tokio::test]
async fn a_client_that_leaves_holds_nothing() {
    let served = Served::new().await;
    let (digest, _progress) = served.script.fills(&bytes(1000), 400);
    let mut client = served.client().await;
    client.send("GET", &format!("/v2/a/blobs/{digest}"), &[]).await;
    client.answer_head().await;
    served.until_metric("readers 1").await;
    drop(client);
    served.until_metric("readers 0").await;
    served.until_metric("connections 0").await;
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let served = Served::new().await;
    let target = format!("/v2/a/blobs/{}", served.script.has_blob(b""));
    let answer = served.get(&target).await;
    assert_eq!((answer.status, answer.length()), (200, 0));
    let mut client = served.client().await;
    assert_eq!(client.ask("GET", &target, &[("Range", "bytes=0-")]).await.status, 416);
}
