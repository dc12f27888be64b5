use std::os::unix::fs::{PermissionsExt, symlink};

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::testing::{Mint, TestMachine, soon, until};

fn names(machine: &TestMachine) -> Vec<String> {
    let entries = std::fs::read_dir(machine.home()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn up_and_down_and_away() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let put = caller.ask(Method::PUT, "/files?path=a/b/%E4%BD%9C%E4%B8%9A+1.bin", content.clone()).await;
    assert_eq!((put.status.as_u16(), put.json()), (201, json!({"size_bytes": 3_000_000})));
    let got = caller.get("/files?path=a/b/%E4%BD%9C%E4%B8%9A%201.bin").await;
    assert!(got.body == content);
    assert_eq!(got.headers["content-length"], "3000000");
    assert_eq!(
        got.headers["content-disposition"],
        "attachment; filename=\"___1.bin\"; filename*=UTF-8''%E4%BD%9C%E4%B8%9A%201.bin"
    );
    let deleted = caller.ask(Method::DELETE, "/files?path=a", "").await;
    assert_eq!(deleted.problem(), (409, "conflict".to_owned()));
    assert_eq!(caller.ask(Method::DELETE, "/files?path=a&recursive=true", "").await.status, 204);
    assert_eq!(caller.get("/files?path=a").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn folders_are_listed() {
    let machine = TestMachine::start().await;
    let home = machine.home();
    std::fs::write(home.join("b.txt"), "four").unwrap();
    std::fs::create_dir(home.join("a")).unwrap();
    symlink("/no/such", home.join("c")).unwrap();
    let listing = machine.caller().get("/files?path=").await.json();
    let entries = listing["entries"].as_array().unwrap();
    let seen: Vec<_> =
        entries.iter().map(|e| (e["name"].as_str().unwrap(), e["kind"].as_str().unwrap())).collect();
    assert_eq!(seen, [("a", "folder"), ("b.txt", "file"), ("c", "link")]);
    assert_eq!(entries[1]["size_bytes"], 4);
    assert!(entries[1]["modified_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn bad_paths_are_refused() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    for target in
        ["/files", "/files?path=../x", "/files?path=a/../../x", "/files?path=a%00b", "/files?path=%2e%2e/x"]
    {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = caller.ask(method, target, "x").await;
            assert_eq!(answer.problem(), (400, "bad_request".to_owned()), "{target}");
        }
    }
    for target in ["/files?path=", "/files?path=.", "/files?path=/"] {
        let answer = caller.ask(Method::DELETE, target, "").await;
        assert_eq!(answer.problem(), (403, "home_forbidden".to_owned()), "{target}");
        assert_eq!(caller.ask(Method::PUT, target, "x").await.status, 409);
    }
    std::process::Command::new("mkfifo").arg(machine.home().join("fifo")).status().unwrap();
    assert_eq!(caller.get("/files?path=fifo").await.status, 400, "it must not wait for a writer");
    assert_eq!(caller.get("/files?path=/dev/zero").await.status, 400);
    std::fs::write(machine.home().join("file"), "").unwrap();
    assert_eq!(caller.ask(Method::PUT, "/files?path=file/below", "x").await.problem().0, 409);
}

#[tokio::test]
async fn an_upload_replaces_at_once_or_not_at_all() {
    let machine = TestMachine::start().await;
    let home = machine.home();
    std::fs::write(home.join("real"), "old").unwrap();
    std::fs::set_permissions(home.join("real"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("real", home.join("link")).unwrap();

    let mut stream = UnixStream::connect(machine.socket()).await.unwrap();
    let head = format!(
        "PUT /files?path=link HTTP/1.1\r\nHost: m\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\nhalf",
        Mint::default().token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    until(|| names(&machine).iter().any(|name| name.ends_with(".part"))).await;
    assert_eq!(std::fs::read_to_string(home.join("real")).unwrap(), "old");
    drop(stream);
    until(|| names(&machine) == ["link", "real"]).await;

    assert_eq!(machine.caller().ask(Method::PUT, "/files?path=link", "new").await.status, 201);
    assert_eq!(std::fs::read_to_string(home.join("real")).unwrap(), "new");
    assert_eq!(std::fs::metadata(home.join("real")).unwrap().permissions().mode() & 0o777, 0o755);
    assert!(home.join("link").is_symlink());
    assert_eq!(names(&machine), ["link", "real"]);
}

#[tokio::test]
async fn a_refused_upload_is_read_so_that_the_reason_arrives() {
    let machine = TestMachine::start().await;
    let mut stream = UnixStream::connect(machine.socket()).await.unwrap();
    let head = format!(
        "PUT /files?path=/proc/none HTTP/1.1\r\nHost: m\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 20000000\r\n\r\n",
        Mint::default().token()
    );
    let mut answer = String::new();
    soon(async {
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'x'; 20_000_000]).await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    assert!(answer.contains("/proc/none"), "{answer}");
}

#[test]
fn system_errors_have_their_codes() {
    use rustix::io::Errno;
    let of = |errno: Errno| {
        let problem = super::problem("x", &errno.into());
        (problem.status.as_u16(), problem.slug)
    };
    assert_eq!(of(Errno::NOSPC), (507, "disk_full"));
    assert_eq!(of(Errno::DQUOT), (507, "disk_full"));
    assert_eq!(of(Errno::ACCESS), (403, "permission_denied"));
    assert_eq!(of(Errno::IO), (500, "file_failed"));
}

#[tokio::test]
async fn a_large_file_is_streamed() {
    let machine = TestMachine::start().await;
    let file = std::fs::File::create(machine.home().join("sparse")).unwrap();
    file.set_len(4 * 1024 * 1024 * 1024).unwrap();
    let mut caller = machine.caller();
    let request = caller.request(Method::GET, "/files?path=sparse").body(Full::<Bytes>::default()).unwrap();
    let response = caller.send(request).await;
    assert_eq!(response.headers()["content-length"], "4294967296");
    drop((response, caller));

    let mut stream = UnixStream::connect(machine.socket()).await.unwrap();
    let head = format!(
        "GET /files?path=sparse HTTP/1.1\r\nHost: m\r\nAuthorization: Bearer {}\r\n\r\n",
        Mint::default().token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    soon(stream.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}
