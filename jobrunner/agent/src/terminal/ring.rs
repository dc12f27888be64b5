//! The last part of a session's output, its bytes numbered from the session's beginning.

use std::collections::VecDeque;

/// How much output is kept.
pub(super) const RING_BYTES: usize = 1024 * 1024;
/// How far to look for the beginning of a line when a reader has to begin in the middle.
const LINE_SEARCH_BYTES: usize = 4096;

/// Numbered output; the oldest is forgotten.
#[derive(Debug, Default)]
pub(super) struct Ring {
    bytes: VecDeque<u8>,
    end: u64,
}

impl Ring {
    /// Adds output.
    pub(super) fn push(&mut self, output: &[u8]) {
        let kept = &output[output.len().saturating_sub(RING_BYTES)..];
        let surplus = (self.bytes.len() + kept.len()).saturating_sub(RING_BYTES);
        self.bytes.drain(..surplus);
        self.bytes.extend(kept);
        self.end += output.len() as u64;
    }

    /// The number of the first byte that is kept.
    pub(super) fn start(&self) -> u64 {
        self.end - self.bytes.len() as u64
    }

    /// The number of the next byte to come.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Where a reader that lost bytes should begin: at a line if one begins soon, so that it isn't in the middle of a
    /// character or an escape sequence.
    pub(super) fn restart(&self) -> u64 {
        if self.start() == 0 {
            return 0;
        }
        let line = self.bytes.iter().take(LINE_SEARCH_BYTES).position(|byte| *byte == b'\n');
        self.start() + line.map_or(0, |at| at as u64 + 1)
    }

    /// At most `max_bytes` from byte number `from`, which must be kept.
    pub(super) fn read(&self, from: u64, max_bytes: usize) -> Vec<u8> {
        let skip =
            usize::try_from(from.saturating_sub(self.start())).unwrap_or(usize::MAX).min(self.bytes.len());
        let end = self.bytes.len().min(skip.saturating_add(max_bytes));
        self.bytes.range(skip..end).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_true_when_it_overruns() {
        let mut ring = Ring::default();
        ring.push(b"hello ");
        ring.push(b"world");
        assert_eq!((ring.start(), ring.end()), (0, 11));
        assert_eq!(ring.read(6, 100), b"world");
        assert_eq!(ring.read(11, 100), b"");
        ring.push(&vec![b'x'; RING_BYTES - 3]);
        assert_eq!(ring.start(), 8);
        assert_eq!(ring.read(8, 4), b"rldx");
        ring.push(&vec![b'y'; 3 * RING_BYTES]);
        assert_eq!(ring.end() - ring.start(), RING_BYTES as u64);
        assert_eq!(ring.read(ring.start(), 2), b"yy");
    }

    #[test]
    fn restarts_at_a_line() {
        let mut ring = Ring::default();
        ring.push(b"abc\ndef");
        assert_eq!(ring.restart(), 0);
        let mut lines = vec![b'x'; RING_BYTES];
        lines[10] = b'\n';
        ring.push(&lines);
        assert_eq!(ring.restart(), ring.start() + 11);
        ring.push(&vec![b'z'; RING_BYTES]);
        assert_eq!(ring.restart(), ring.start());
    }
}
