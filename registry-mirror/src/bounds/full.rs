//! Why there is no room for a blob, and what to do about it.

/// A blob has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Whatever goes.
    #[error(
        "the blob of {size} bytes is larger than the whole disk budget of {budget_bytes} bytes: raise disk_budget_bytes"
    )]
    TooLarge {
        /// Of the blob, in bytes.
        size: u64,
        /// The budget.
        budget_bytes: u64,
    },
    /// As long as what must stay stays.
    #[error(
        "a blob of {size} bytes has no room: of the disk budget of {budget_bytes} bytes pinned images and wrong bytes \
        that are kept aside take {kept_bytes}: end pins, or raise disk_budget_bytes"
    )]
    Pinned {
        /// Of the blob, in bytes.
        size: u64,
        /// The budget.
        budget_bytes: u64,
        /// Of it, what must stay.
        kept_bytes: u64,
    },
    /// The budget promises more than there is.
    #[error(
        "a blob of {size} bytes has no room: the disk has {free_bytes} bytes left, and {evictable_bytes} could be \
        freed: give the mirror a larger disk, or lower disk_budget_bytes"
    )]
    Disk {
        /// Of the blob, in bytes.
        size: u64,
        /// What the disk has left.
        free_bytes: u64,
        /// What may go, now or when it is no longer read.
        evictable_bytes: u64,
    },
    /// It was waited for as long as a node waits, and nobody gave it up.
    #[error("a blob of {size} bytes has no room: all of it is in use, and no reader ended in time")]
    InUse {
        /// Of the blob, in bytes.
        size: u64,
    },
}

impl Full {
    /// Whether only an operator can change it.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Pinned { .. })
    }
}
