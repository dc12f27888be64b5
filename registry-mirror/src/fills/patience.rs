//! How long things may take. containerd allows 30 s to the headers and 5 minutes without progress; what is
//! tried here ends before that, so that the node hears the reason and can go elsewhere.

use std::time::Duration;

use runtime::Backoff;

/// The longest that a caller waits for the size of a blob.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(25);

/// The longest that a fill goes on without a new byte. Waiting for room or for a turn counts.
pub const PROGRESS_WITHIN: Duration = Duration::from_secs(240);

/// The longest that one origin may take to begin its answer, so that the next gets a chance within
/// [`HEADERS_WITHIN`].
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The longest that an origin may pause in a body.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(20);

/// How long a fill goes on for readers that have left and may be back.
pub const LINGER: Duration = Duration::from_secs(30);

/// A fill without readers goes on to the end when so much is done.
pub const KEEP_FROM_PERCENT: u64 = 25;

/// Between two rounds over all origins that brought nothing.
pub(super) const BACKOFF: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// The most times that one blob's content may turn out wrong before its fill gives up.
pub(super) const WRONG_MAX: u32 = 6;
