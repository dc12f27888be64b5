//! Why a tick failed.

/// A tick ended early; the next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused or did not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A provider did not answer.
    #[error("provider {runs}: {source}")]
    Provider {
        /// Which kind of machine it runs.
        runs: &'static str,
        /// What it said.
        source: domain::provider::Error,
    },
    /// The caller's secrets cannot be opened: the signing secret is another one.
    #[error("the sandbox's secrets cannot be opened with the mounted signing secret")]
    Sealed,
}
