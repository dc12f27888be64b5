//! One upstream registry, as everything behind `serve` sees it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::digest::Digest;
use crate::name::{Reference, Repository, Tag};

/// The largest manifest that is taken, in bytes: containerd refuses larger ones.
pub const MANIFEST_MAX_BYTES: u64 = 4 * 1048 * 1048;

/// An upstream registry. The implementation owns credentials, tokens, redirects, the connection limit and
/// the rate budget; it makes no retries that last longer than a second, because only the caller knows who
/// waits. One conformance suite runs on the HTTP client and on the scripted fake.
#[async_trait]
pub trait Source: Send + Sync + fmt::Debug + 'static {
    /// Its name in the configuration; a metric label and a log field, so never a secret.
    fn name(&self) -> &str;

    /// What a tag or digest is now, by HEAD: free of an upstream's pull budget.
    async fn head(&self, repository: &Repository, reference: &Reference) -> Result<Descriptor, Fault>;

    /// A manifest's exact bytes. They fit `Descriptor::digest`, and the reference if that is a digest.
    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, Fault>;

    /// A blob's size in bytes, by HEAD.
    async fn blob_size(&self, repository: &Repository, digest: &Digest) -> Result<u64, Fault>;

    /// A blob's bytes from `from` on. Returns when the upstream's headers are here. The bytes are not
    /// verified; the stream ends with a fault when it ends early.
    async fn blob(&self, repository: &Repository, digest: &Digest, from: u64) -> Result<Body, Fault>;

    /// One page of a repository's tags, sorted as the upstream sorts them.
    async fn tags(&self, repository: &Repository, page: &TagPage) -> Result<TagList, Fault>;

    /// The manifests that refer to `digest`, as an image index of the upstream's `referrers` endpoint or of
    /// its fallback tag; an empty index when it has neither.
    async fn referrers(&self, repository: &Repository, digest: &Digest) -> Result<Bytes, Fault>;
}

/// What an upstream says of a manifest without sending it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// As the upstream says it, without parameters.
    pub media_type: String,
    /// The content's digest.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

/// A manifest or index, verbatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// As the upstream said it, without parameters.
    pub media_type: String,
    /// The digest of `bytes`.
    pub digest: Digest,
    /// Never converted: the digest depends on every byte.
    pub bytes: Bytes,
}

/// A blob on its way.
pub struct Body {
    /// Of the whole blob, in bytes.
    pub size: u64,
    /// Where the stream begins; 0 when the upstream ignored the range, and the caller skips.
    pub from: u64,
    /// The bytes from `from` on.
    pub stream: BoxStream<'static, Result<Bytes, Fault>>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("size", &self.size).field("from", &self.from).finish_non_exhaustive()
    }
}

/// Which tags are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TagPage {
    /// At most so many; the upstream's own limit when absent.
    pub limit: Option<u32>,
    /// Only those after this one.
    pub last: Option<Tag>,
}

/// A page of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagList {
    /// In the upstream's order.
    pub tags: Vec<String>,
    /// Whether more follow the last one.
    pub more: bool,
}

/// Why an upstream did not give something. Texts name the upstream by its configured name and hold no
/// credential, token or signed address.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// The upstream says that there is none: permanent until the upstream changes.
    #[error("{source_name} has no such content")]
    Absent {
        /// Who said so.
        source_name: String,
    },
    /// Credentials are missing, wrong or not enough.
    #[error("{source_name} denied access: {reason}")]
    Denied {
        /// Who said so.
        source_name: String,
        /// In words for the operator.
        reason: String,
    },
    /// The rate budget is used up, or the upstream answered 429.
    #[error("{source_name} allows no more pulls now")]
    Limited {
        /// Who said so.
        source_name: String,
        /// When to ask again, if it is known.
        retry_after: Option<Duration>,
    },
    /// No answer, a broken answer, or one that the upstream calls temporary (5xx): worth another attempt.
    #[error("{source_name} is unavailable: {reason}")]
    Unavailable {
        /// Who.
        source_name: String,
        /// In words for the operator: name not resolving, connection refused, TLS, timeout, status.
        reason: String,
    },
    /// The bytes are not what their digest or length says: another source may have them right.
    #[error("{source_name} sent content that is not what was asked for: {reason}")]
    Corrupt {
        /// Who.
        source_name: String,
        /// What differed.
        reason: String,
    },
    /// The mirror has no room for it, and none is in sight.
    #[error("the mirror has no room: {reason}")]
    NoRoom {
        /// In words for the operator, with the remedy.
        reason: String,
        /// Whether only an operator can change it.
        for_good: bool,
    },
    /// The mirror's own side: disk, catalogue.
    #[error("the mirror cannot keep content: {reason}")]
    Local {
        /// In words for the operator.
        reason: String,
    },
}

impl Fault {
    /// Whether the same question may be answered a moment later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Limited { .. } | Self::Unavailable { .. } | Self::Local { .. } => true,
            Self::NoRoom { for_good, .. } => !*for_good,
            Self::Absent { .. } | Self::Denied { .. } | Self::Corrupt { .. } => false,
        }
    }
}
