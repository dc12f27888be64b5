//! TLS on a role's own sockets: a certificate that is renewed while the process runs, and connections whose handshake
//! is part of their first read, so that a slow client holds up nobody who comes after it.

mod certificate;
mod listener;
mod options;
mod stream;

pub use certificate::{Certificate, CertificateFiles, Error};
pub use listener::TlsListener;
pub use options::TlsOptions;
pub use stream::TlsStream;

#[cfg(test)]
mod tests;
