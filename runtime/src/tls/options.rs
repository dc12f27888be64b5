//! The configuration of a socket with TLS.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::CertificateFiles;

/// A second address of a role, where it speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// PEM file with the certificate and those that vouch for it; read again when it changes.
    pub certificate_file: PathBuf,
    /// PEM file with the certificate's private key.
    pub key_file: PathBuf,
}

impl TlsOptions {
    /// The files of the certificate.
    #[must_use]
    pub fn files(&self) -> CertificateFiles {
        CertificateFiles { certificate: self.certificate_file.clone(), key: self.key_file.clone() }
    }
}
