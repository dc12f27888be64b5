use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::{TlsListener, TlsOptions};
use crate::http::{Limits, Listener as _, router, serve};
use crate::{BoxError, Stopper};

/// Writes a new certificate for `localhost`, and gives it.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

/// File systems may keep times too coarse to tell two writes of one test apart.
fn touch_later(folder: &Path) {
    let file = std::fs::File::options().write(true).open(folder.join("tls.crt")).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written + Duration::from_secs(1)).unwrap();
}

fn options(folder: &Path) -> TlsOptions {
    TlsOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        certificate_file: folder.join("tls.crt"),
        key_file: folder.join("tls.key"),
    }
}

async fn server(folder: &Path) -> (SocketAddr, Stopper, JoinSet<Result<(), BoxError>>) {
    let listener = TlsListener::bind(&options(folder)).await.unwrap();
    let (address, stopper) = (listener.local_addr().unwrap(), Stopper::new());
    let app = Router::new().route("/", get(|| async { "hello" }));
    let mut running = JoinSet::new();
    running.spawn(serve(listener, router(app), Limits::default(), stopper.stop()));
    (address, stopper, running)
}

async fn ask(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let tcp = TcpStream::connect(address).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn a_silent_client_holds_up_nobody_and_the_stop_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    let (address, stopper, mut running) = server(folder.path()).await;
    let silent = TcpStream::connect(address).await.unwrap();
    assert!(ask(address, &certificate).await.unwrap().ends_with("hello"));
    stopper.hard();
    running.join_next().await.unwrap().unwrap().unwrap();
    drop(silent);
}

#[tokio::test]
async fn who_speaks_no_tls_is_not_answered_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let (address, _stopper, _running) = server(folder.path()).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let (address, _stopper, _running) = server(folder.path()).await;
    ask(address, &first).await.unwrap();
    let second = certify(folder.path());
    touch_later(folder.path());
    tokio::time::advance(Duration::from_secs(11)).await;
    ask(address, &second).await.unwrap();
    assert!(ask(address, &first).await.is_err());
    std::fs::write(folder.path().join("tls.crt"), "no certificate").unwrap();
    tokio::time::advance(Duration::from_secs(11)).await;
    ask(address, &second).await.unwrap();
}

#[tokio::test]
async fn a_missing_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = TlsListener::bind(&options(folder.path())).await.unwrap_err().to_string();
    assert!(error.contains("tls.crt"), "{error}");
}
