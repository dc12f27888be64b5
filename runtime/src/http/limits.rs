//! What one server accepts.

use std::time::Duration;

/// What one server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, upgraded ones that hold their [`Slot`](super::Slot) too; more wait in the kernel's
    /// queue.
    pub connections: usize,
    /// How long a client may take to send the head of a request; also how long a connection may lie idle
    /// between two requests.
    pub header_read_timeout: Duration,
    /// The largest head of a request, and the size of the read buffer of a connection.
    pub header_bytes: usize,
    /// How long an idle connection stays open after a soft stop. A request that was on its way when the stop came
    /// is still answered, with `Connection: close`; a client can't tell whether one that meets a closed connection
    /// was carried out (RFC 9112, section 9.5).
    pub linger: Duration,
}

/// The smallest read buffer that hyper takes.
const SMALLEST_BUFFER_BYTES: usize = 8 * 1024;

impl Limits {
    pub(super) fn buffer_bytes(&self) -> usize {
        self.header_bytes.max(SMALLEST_BUFFER_BYTES)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_read_timeout: Duration::from_secs(75),
            header_bytes: 32 * 1024,
            linger: Duration::from_secs(3),
        }
    }
}
