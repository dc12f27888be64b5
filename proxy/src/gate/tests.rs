use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::*;

const LIMITS: HeadLimits = HeadLimits { bytes: 1024, time: Duration::from_secs(10) };
const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\n";

/// What hyper would read of `input`, which comes in pieces of `size` bytes.
async fn passed(input: &str, size: usize) -> (String, Option<Refusal>) {
    let (near, mut far) = duplex(size);
    let verdict = Verdict::default();
    let mut gate = Gate::new(near, LIMITS, verdict.clone());
    let write = async {
        let _ = far.write_all(input.as_bytes()).await;
        drop(far);
    };
    let read = async {
        let mut text = Vec::new();
        // A refused connection never ends by itself; its request tells that it has come.
        while !text.ends_with(REFUSED_REQUEST) {
            let mut piece = [0; 64];
            match gate.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(count) => text.extend_from_slice(&piece[..count]),
            }
        }
        drop(gate);
        String::from_utf8(text).unwrap()
    };
    let (text, ()) = tokio::join!(read, write);
    (text, verdict.get().copied())
}

#[tokio::test]
async fn good_requests_pass_unchanged_in_pieces_of_every_size() {
    let requests = [
        format!("{HEAD}Content-Length: 5\r\n\r\nhello"),
        format!("{HEAD}\r\n"),
        format!("{HEAD}Transfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"),
        format!("{HEAD}Connection: upgrade\r\nUpgrade: x\r\n\r\nany \n bytes \0 at all"),
    ];
    let all = requests.concat();
    for size in [1, 2, 3, 50, 4096] {
        assert_eq!(passed(&all, size).await, (all.clone(), None), "{size}");
    }
}

#[tokio::test]
async fn what_is_refused_never_passes_and_nothing_behind_it() {
    let good = format!("{HEAD}\r\n");
    for (bad, refusal) in [
        ("GET / HTTP/1.1\nHost: a\n\n".to_owned(), Refusal::BareLineEnd),
        (format!("{HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), Refusal::LengthAndCoding),
        (format!("{HEAD}X: {}\r\n\r\n", "x".repeat(2000)), Refusal::HeadTooLarge),
        (format!("{HEAD}Host: b\r\n\r\n"), Refusal::Host),
    ] {
        for size in [1, 4096] {
            let (text, verdict) = passed(&format!("{good}{bad}{good}"), size).await;
            let expected = format!("{good}{}", std::str::from_utf8(REFUSED_REQUEST).unwrap());
            assert_eq!((text, verdict), (expected, Some(refusal)), "{size}");
        }
    }
}

#[tokio::test]
async fn a_malformed_chunk_is_an_error_of_the_body() {
    let head = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let (text, verdict) = passed(&format!("{head}5\nhello"), 4096).await;
    assert_eq!((text, verdict), (head, None));
}

#[tokio::test(start_paused = true)]
async fn a_head_has_its_time_from_its_first_byte_on() {
    let (near, mut far) = duplex(1024);
    let verdict = Verdict::default();
    let mut gate = Gate::new(near, LIMITS, verdict.clone());
    let talk = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        far.write_all(b"GET").await.unwrap();
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(verdict.get(), None);
        far.write_all(b" ").await.unwrap();
        std::future::pending::<()>().await;
    };
    let mut text = vec![0; REFUSED_REQUEST.len()];
    tokio::select! { read = gate.read_exact(&mut text) => { read.unwrap(); } () = talk => {} }
    assert_eq!((&text[..], verdict.get()), (REFUSED_REQUEST, Some(&Refusal::HeadTooSlow)));
}
