//! Encrypted connections.

use std::path::Path;
use std::sync::Arc;

use runtime::tls::CertificateFiles;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::Served;
use super::client::Client;

/// Writes a new certificate for `localhost`, and gives it.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

fn files(folder: &Path) -> CertificateFiles {
    CertificateFiles { certificate: folder.join("tls.crt"), key: folder.join("tls.key") }
}

async fn connect(
    served: &Served,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(served.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

#[tokio::test]
async fn blobs_come_encrypted_too() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    let served = Served::with(|options| options.tls = Some(files(folder.path()))).await;
    let content: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let target = format!("/v2/a/blobs/{}", served.script.has_blob(&content));
    let mut client = Client::new(connect(&served, &certificate).await.unwrap());
    let whole = client.ask("GET", &target, &[]).await;
    assert!(whole.status == 200 && whole.body == content);
    let part = client.ask("GET", &target, &[("Range", "bytes=299999-")]).await;
    assert_eq!((part.status, &*part.body), (206, &content[299_999..]));
}

#[tokio::test(start_paused = true)]
async fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let served = Served::with(|options| options.tls = Some(files(folder.path()))).await;
    connect(&served, &first).await.unwrap();
    let second = certify(folder.path());
    touch_later(folder.path());
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    connect(&served, &second).await.unwrap();
    assert!(connect(&served, &first).await.is_err());
    std::fs::write(folder.path().join("tls.crt"), "no certificate").unwrap();
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    connect(&served, &second).await.unwrap();
}

/// File systems may keep times too coarse to tell two writes of one test apart.
fn touch_later(folder: &Path) {
    let file = std::fs::File::options().write(true).open(folder.join("tls.crt")).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written + std::time::Duration::from_secs(1)).unwrap();
}

#[tokio::test]
async fn a_missing_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let options = crate::serve::Options {
        listen: ([127, 0, 0, 1], 0).into(),
        tls: Some(files(folder.path())),
        default_registry: "docker.io".parse().unwrap(),
        connections_max: 1,
    };
    let context = crate::serve::Context {
        pull: Arc::new(super::Script::default()),
        clock: Arc::new(crate::clock::SystemClock),
        registry: runtime::SharedRegistry::default(),
    };
    let error = crate::serve::Server::bind(&options, context).await.unwrap_err().to_string();
    assert!(error.starts_with("mirror.tls: ") && error.contains("tls.crt"), "{error}");
}
