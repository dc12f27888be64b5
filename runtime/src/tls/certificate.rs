//! A server's certificate, read again when its files change: they are renewed every few weeks.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig};

/// How often the files are looked at, when clients come.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is missing or not what it should be.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; holds nothing of its content.
        reason: String,
    },
    /// The key does not fit the certificate, or is of a kind that nobody uses.
    #[error("the certificate and its key: {0}")]
    Pair(#[from] rustls::Error),
    /// The address is not to be had.
    #[error(transparent)]
    Listen(#[from] std::io::Error),
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// The current certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    files: CertificateFiles,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    seen: Seen,
    looked_at: Instant,
}

/// When both files were last written.
type Seen = [Option<SystemTime>; 2];

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.0.files).finish()
    }
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error`], also when the key does not fit the certificate.
    pub fn read(files: &CertificateFiles) -> Result<Self, Error> {
        let seen = seen(files);
        let current = Current { config: load(files)?, seen, looked_at: Instant::now() };
        Ok(Self(Arc::new(Inner { files: files.clone(), current: Mutex::new(current) })))
    }

    /// For the next client. New files are seen within 10 seconds; ones that cannot be used change nothing.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.0.current.lock();
        if current.looked_at.elapsed() >= LOOK_EVERY {
            current.looked_at = Instant::now();
            current.renew(&self.0.files);
        }
        TlsAcceptor::from(current.config.clone())
    }
}

impl Current {
    /// Files that are half written now are read when they change again; until then the old ones serve.
    fn renew(&mut self, files: &CertificateFiles) {
        let seen = seen(files);
        if seen == self.seen {
            return;
        }
        self.seen = seen;
        match load(files) {
            Ok(config) => {
                tracing::info!("the certificate was renewed");
                self.config = config;
            }
            Err(error) => tracing::warn!(%error, "the new certificate cannot be used; the old one serves"),
        }
    }
}

fn seen(files: &CertificateFiles) -> Seen {
    let written = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    [written(&files.certificate), written(&files.key)]
}

fn load(files: &CertificateFiles) -> Result<Arc<ServerConfig>, Error> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(bad(&files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(bad(&files.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // HTTP/2 is spoken by no server of ours. To containerd one reset of a stream would look like no cut that it may
    // resume.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn bad(path: &Path) -> impl FnOnce(rustls_pki_types::pem::Error) -> Error {
    move |error| Error::File { path: path.to_owned(), reason: error.to_string() }
}
