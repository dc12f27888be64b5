//! Certificates of a fake registry.

use std::io::{self, Write as _};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::options::Tls;

/// What a registry shows, and the authority that its clients trust.
pub(super) struct Certified {
    pub(super) acceptor: TlsAcceptor,
    pub(super) ca_file: tempfile::NamedTempFile,
}

impl Certified {
    pub(super) fn new(tls: Tls) -> io::Result<Self> {
        make(tls).map_err(io::Error::other)
    }
}

type Made<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn make(tls: Tls) -> Made<Certified> {
    let (trusted, other) = (authority()?, authority()?);
    let name = if tls == Tls::WrongName { "other.example" } else { "127.0.0.1" };
    let issuer = if tls == Tls::Untrusted { &other } else { &trusted };
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    let mut ca_file = tempfile::NamedTempFile::new()?;
    ca_file.write_all(trusted.pem().as_bytes())?;
    Ok(Certified { acceptor: TlsAcceptor::from(Arc::new(config)), ca_file })
}

fn authority() -> Made<CertifiedIssuer<'static, KeyPair>> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?)
}
