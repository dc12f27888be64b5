//! The last lines of a command's output, bounded in number and size.

use std::collections::VecDeque;

const LINES_MAX: usize = 200;
const BYTES_MAX: usize = 64 * 1024;
const LINE_MAX_BYTES: usize = 4 * 1024;

/// Keeps the newest lines; a line that is too long is cut into several.
#[derive(Debug, Default)]
pub(super) struct LastLines {
    lines: VecDeque<Vec<u8>>,
    current: Vec<u8>,
    bytes: usize,
}

impl LastLines {
    /// Adds output as it comes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, whole) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            for part in text.chunks(LINE_MAX_BYTES) {
                self.current.extend_from_slice(part);
                if self.current.len() >= LINE_MAX_BYTES {
                    self.end_line();
                }
            }
            if whole {
                self.end_line();
            }
        }
    }

    /// All that is kept, the unfinished line included.
    pub(super) fn all(&self) -> Vec<String> {
        let current = Some(&self.current).filter(|line| !line.is_empty());
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        self.lines.iter().chain(current).map(text).collect()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.current);
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            self.bytes -= self.lines.pop_front().map_or(0, |oldest| oldest.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest() {
        let mut lines = LastLines::default();
        for number in 0..1000 {
            lines.push(format!("line {number}\n").as_bytes());
        }
        lines.push(b"half");
        let all = lines.all();
        assert_eq!(all.len(), LINES_MAX + 1);
        assert_eq!((all[0].as_str(), all[200].as_str()), ("line 800", "half"));
    }

    #[test]
    fn is_bounded_in_bytes() {
        let mut lines = LastLines::default();
        lines.push(&vec![b'x'; 1_000_000]);
        assert!(lines.all().iter().map(String::len).sum::<usize>() <= BYTES_MAX + LINE_MAX_BYTES);
    }
}
