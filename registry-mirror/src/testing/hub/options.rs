//! How a fake registry is set up.

use std::time::Duration;

/// How a fake registry is set up; by default open, without a budget, and serving blobs itself.
#[derive(Clone, Debug, Default)]
pub struct HubOptions {
    /// Whom it answers.
    pub auth: HubAuth,
    /// `user:password` that its token service, or Basic, wants; without it tokens are given to anybody.
    pub credentials: Option<(String, String)>,
    /// How long a token lives; the specification's 60 s, unsaid, when absent.
    pub token_lifetime: Option<Duration>,
    /// A realm to name instead of its own token service.
    pub realm: Option<String>,
    /// Pulls (manifest GETs) of one window of six hours; no budget when absent.
    pub pulls: Option<u64>,
    /// Whether 429 says `Retry-After`, and how much.
    pub retry_after: Option<Duration>,
    /// Whether blobs are redirected to an object store on another port.
    pub redirects: bool,
    /// Whether the object store refuses HEAD, as addresses signed for GET do.
    pub store_refuses_head: bool,
    /// Whether it has the referrers endpoint; without it only the fallback tag.
    pub referrers: bool,
    /// Whether it leaves out `Docker-Content-Digest`.
    pub no_digest_header: bool,
    /// Whether blobs come in chunks, without a length.
    pub chunked: bool,
    /// TLS.
    pub tls: Option<Tls>,
}

/// Whom a fake registry answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HubAuth {
    /// Everybody.
    #[default]
    Open,
    /// Holders of a token.
    Token,
    /// Those with the password.
    Basic,
}

/// The certificate of a fake registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// For its address, of an authority that [`FakeHub::upstream`](super::FakeHub::upstream) trusts.
    Good,
    /// For another name.
    WrongName,
    /// Of another authority than the one that is trusted.
    Untrusted,
}
