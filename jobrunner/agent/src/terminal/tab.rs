//! One attached tab: what it has and what it was told.

use std::time::Duration;

use tokio::time::Instant;

use super::ring::RING_BYTES;
use super::size::Size;

/// A tab that takes nothing for this long while the program waits for it is closed.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How far the fastest tab may be behind before the program has to wait.
pub(super) const LAG_MAX_BYTES: u64 = RING_BYTES as u64 / 4;
/// How much may be on its way to a tab that reports what it has drawn.
const UNSEEN_MAX_BYTES: u64 = RING_BYTES as u64 / 2;

/// Names a tab within its session.
pub(super) type TabId = u64;

/// Why a tab is closed, by the codes of docs/protocols.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    BadMessage,
    Stopping,
    InputGap,
    TooSlow,
    /// The same tab has come again; this connection is its old one.
    Replaced,
    Full,
}

impl Closing {
    /// The WebSocket close code and a word for people who look at it.
    pub(super) fn code(self) -> (u16, &'static str) {
        match self {
            Self::BadMessage => (4000, "bad message"),
            Self::Stopping => (4001, "sandbox is stopping"),
            Self::InputGap => (4002, "input gap"),
            Self::TooSlow => (4003, "tab too slow"),
            Self::Replaced => (1000, "replaced by a newer connection of the same tab"),
            Self::Full => (1013, "too many sessions or tabs"),
        }
    }
}

/// What a tab knows already.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) ack: Option<u64>,
    pub(super) size: Size,
    pub(super) exit: bool,
}

/// An attached tab.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) client: String,
    pub(super) size: Size,
    /// The number of the next output byte to send.
    pub(super) cursor: u64,
    /// How far it has drawn; `None` until it reports that for the first time.
    pub(super) seen: Option<u64>,
    /// When it last took or drew something.
    pub(super) progress_at: Instant,
    pub(super) closing: Option<Closing>,
    pub(super) told: Told,
}

impl Tab {
    /// Bytes that it has not been sent.
    pub(super) fn lag(&self, end: u64) -> u64 {
        end.saturating_sub(self.cursor)
    }

    /// Whether more may be sent: a page that draws slower than it receives would only pile it up. One that has
    /// stopped reporting is no longer waited for.
    pub(super) fn has_window(&mut self, now: Instant) -> bool {
        let full = self.seen.is_some_and(|seen| self.cursor.saturating_sub(seen) >= UNSEEN_MAX_BYTES);
        if full && self.is_stalled(now) {
            self.seen = None;
            return true;
        }
        !full
    }

    /// Whether it takes nothing although there is much for it.
    pub(super) fn is_stalled(&self, now: Instant) -> bool {
        now.duration_since(self.progress_at) >= STALL_MAX
    }
}
