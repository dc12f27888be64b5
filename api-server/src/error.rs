//! Why an api-server could not start or go on.

/// Why an api-server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the configuration.
    #[error("{field} must be {allowed}")]
    Config {
        /// The field with its section.
        field: &'static str,
        /// What would be right.
        allowed: &'static str,
    },
    /// No secret is mounted for one of the purposes.
    #[error("at least one {purpose} secret must be mounted")]
    NoSecret {
        /// Which.
        purpose: &'static str,
    },
    /// The address is not to be had.
    #[error(transparent)]
    Listen(#[from] std::io::Error),
    /// The certificate can't be used, or its address is not to be had.
    #[error("api.tls: {0}")]
    Tls(#[from] runtime::tls::Error),
}
