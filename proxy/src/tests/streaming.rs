//! Large bodies flow through; they are not kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Client, until};
use super::region::Region;

const LARGE_BYTES: usize = 200 * 1024 * 1024;
/// Sockets of the kernel on both ways, and the few buffers in between.
const HELD_BYTES_MAX: usize = 24 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

fn head(client: &Client, method: &str, path: &str, more: &str) -> String {
    let cookie = client.cookie.as_ref().unwrap();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: __Host-qj={cookie}\r\n{more}Connection: close\r\n\r\n",
        client.host
    )
}

/// Resident memory of this process, its scripted app and visitors included.
fn resident_bytes() -> usize {
    let pages: usize =
        std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// The largest growth of memory that was seen while `work` ran.
async fn growth<T>(work: impl Future<Output = T>) -> (T, usize) {
    let (before, peak) = (resident_bytes(), Arc::new(AtomicUsize::new(0)));
    let watching = peak.clone();
    let watch = async move {
        loop {
            watching.fetch_max(resident_bytes(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let result = tokio::select! { result = work => result, () = watch => unreachable!() };
    (result, peak.load(Ordering::Relaxed).saturating_sub(before))
}

async fn download(client: &Client) -> usize {
    let path = format!("/large?bytes={LARGE_BYTES}");
    let (mut stream, head) = client.open(&head(client, "GET", &path, "")).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let (mut count, mut buffer) = (0, vec![0; 64 * 1024]);
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return count,
            read => count += read,
        }
    }
}

async fn upload(client: &Client, chunked: bool) -> String {
    let framing = if chunked {
        "Transfer-Encoding: chunked\r\n".to_owned()
    } else {
        format!("Content-Length: {LARGE_BYTES}\r\n")
    };
    let mut stream = TcpStream::connect(client.proxy).await.unwrap();
    stream.write_all(head(client, "POST", "/upload", &framing).as_bytes()).await.unwrap();
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..LARGE_BYTES / piece.len() {
        if chunked {
            stream.write_all(b"10000\r\n").await.unwrap();
        }
        stream.write_all(&piece).await.unwrap();
        if chunked {
            stream.write_all(b"\r\n").await.unwrap();
        }
    }
    if chunked {
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn two_hundred_megabytes_flow_either_way_with_flat_memory() {
    let (_region, _agent, client) = Region::ready().await;
    let (count, grown) = growth(timeout(PATIENCE, download(&client))).await;
    assert!(count.unwrap() >= LARGE_BYTES);
    assert!(grown < HELD_BYTES_MAX, "a download held {grown} bytes");
    for chunked in [false, true] {
        let (answer, grown) = growth(timeout(PATIENCE, upload(&client, chunked))).await;
        assert!(answer.unwrap().contains(&format!("main got {LARGE_BYTES} bytes")));
        assert!(grown < HELD_BYTES_MAX, "an upload held {grown} bytes");
    }
}

#[tokio::test]
async fn an_event_arrives_before_its_stream_ends() {
    let (_region, _agent, client) = Region::ready().await;
    let (mut stream, _) = client.open(&head(&client, "GET", "/events", "")).await;
    let mut text = String::new();
    while !text.contains("data: hello") {
        text.push(char::from(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn a_reader_who_leaves_takes_the_way_into_the_machine_along() {
    let (_region, agent, client) = Region::ready().await;
    let (stream, _) = client.open(&head(&client, "GET", "/events", "")).await;
    assert!(Arc::strong_count(&agent.app) > 1, "the way is open");
    drop(stream);
    until("the way is closed", || Arc::strong_count(&agent.app) == 1).await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_no_whole_request_to_the_app() {
    let (_region, agent, client) = Region::ready().await;
    let mut stream = TcpStream::connect(client.proxy).await.unwrap();
    stream.write_all(head(&client, "POST", "/upload", "Content-Length: 10\r\n").as_bytes()).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    until("it arrived", || agent.app.got.lock().len() == 1).await;
    drop(stream);
    until("the way is closed", || Arc::strong_count(&agent.app) == 1).await;
}
