//! Everything that goes wrong with an upstream.

use std::time::Duration;

use parking_lot::Mutex;

/// What goes wrong with an upstream. Each touches only the answers that it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Connections end without an answer.
    Down,
    /// Requests are never answered.
    Hanging,
    /// Bodies of blobs come with so many bytes in a second, each connection for itself.
    Slow {
        /// Bytes in a second.
        bytes_per_s: u64,
    },
    /// Bodies of blobs stop coming after so many bytes, but the connection stays.
    Stalled {
        /// Of this answer.
        after_bytes: u64,
    },
    /// Connections break after so many bytes of a blob's body.
    Cut {
        /// Of this answer.
        after_bytes: u64,
    },
    /// One byte of a blob is another.
    WrongDigest,
    /// Manifests are others than their digests say.
    WrongManifest,
    /// Blobs are shorter, and the length says so.
    TooShort,
    /// Blobs that come in chunks are longer than HEAD said.
    TooLong,
    /// Blobs come gzip-encoded without having been asked for, and the encoding breaks off.
    TruncatedGzip,
    /// Partial answers begin at another place than was asked for.
    WrongRange,
    /// Ranges are ignored: the whole blob comes.
    IgnoredRange,
    /// Redirects lead back to where they came from.
    RedirectLoop,
    /// 429.
    Limited {
        /// In the header, if it is there.
        retry_after: Option<Duration>,
    },
    /// 500.
    ServerError,
    /// 403 for everything.
    Denied,
    /// HEAD is refused with 405.
    NoHead,
}

/// The trouble that there is, and for how many more answers.
#[derive(Debug, Default)]
pub(super) struct Troubles(Mutex<Option<(Trouble, Option<u32>)>>);

impl Troubles {
    pub(super) fn set(&self, trouble: Trouble, times: Option<u32>) {
        *self.0.lock() = Some((trouble, times));
    }

    pub(super) fn clear(&self) {
        *self.0.lock() = None;
    }

    /// What `touches` makes of the trouble there is; when it makes something, one time is used up.
    pub(super) fn find<T>(&self, touches: impl FnOnce(&Trouble) -> Option<T>) -> Option<T> {
        let mut current = self.0.lock();
        let (trouble, times) = current.as_mut()?;
        let found = touches(trouble)?;
        if let Some(times) = times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                *current = None;
            }
        }
        Some(found)
    }

    pub(super) fn is(&self, trouble: &Trouble) -> bool {
        self.find(|current| (current == trouble).then_some(())).is_some()
    }
}
