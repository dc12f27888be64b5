//! Rows of the catalogue in the words of the mirror.

use serde::{Deserialize, Serialize};

use crate::clock::Milliseconds;
use crate::digest::Digest;
use crate::name::{Image, ImageName, Tag};
use crate::source::Descriptor;

/// What a tag meant when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTag {
    /// The manifest.
    #[serde(with = "text")]
    pub digest: Digest,
    /// The manifest's media type.
    pub media_type: String,
    /// The manifest's size in bytes.
    pub size: u64,
    /// When the upstream last said so.
    pub checked_ms: Milliseconds,
}

impl KnownTag {
    /// What it meant.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        let (digest, media_type) = (self.digest.clone(), self.media_type.clone());
        Descriptor { digest, media_type, size: self.size }
    }
}

/// An image that is kept whatever happens to its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// By tag or digest, as it was pinned.
    pub image: Image,
    /// The first moment at which it may go.
    pub until_ms: Milliseconds,
}

/// A manifest that is kept, with what eviction and the report need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The manifest.
    pub digest: Digest,
    /// Repositories that have it.
    pub names: Vec<ImageName>,
    /// Tags that mean it.
    pub tags: Vec<(ImageName, Tag)>,
    /// When it was last asked for; 0 when never.
    pub used_ms: Milliseconds,
}

/// A digest as its text.
mod text {
    use super::Digest;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
