//! The same over TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use runtime::tls::TlsOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::PATIENCE;
use super::region::{Region, SANDBOX, TOKEN, route};
use crate::Scheme;

/// A certificate for the lab's host, in files as a role reads them.
fn certify(folder: &Path, listen: SocketAddr) -> (TlsOptions, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([host()]).unwrap();
    let options =
        TlsOptions { listen, certificate_file: folder.join("tls.crt"), key_file: folder.join("tls.key") };
    std::fs::write(&options.key_file, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&options.certificate_file, made.cert.pem()).unwrap();
    (options, made.cert.der().clone())
}

fn host() -> String {
    format!("lab--{SANDBOX}.localhost")
}

async fn connect(address: SocketAddr, trusted: CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(host()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

#[tokio::test]
async fn websockets_live_and_are_cut_politely_over_tls_too() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (options, trusted) = certify(folder.path(), address);
    let mut region = Region::start_with(|config| {
        (config.tls, config.scheme) = (Some(options), Scheme::Https);
    })
    .await;
    let agent = region.agent("main", TOKEN);
    region.put(route(&agent)).await;
    let authority = format!("{}:{}", host(), address.port());
    let mut request = format!("wss://{authority}/ws").into_client_request().unwrap();
    let cookie = format!("__Host-qj={}", region.client("lab").cookie.unwrap());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.headers_mut().insert("origin", format!("https://{authority}").parse().unwrap());
    let stream = connect(address, trusted).await;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
    region.stopper.soft();
    let Message::Close(Some(close)) = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap()
    else {
        panic!("a close with a reason")
    };
    assert_ne!(close.code, CloseCode::Abnormal);
}
