//! The live watch: server-sent events, cut out of the stream of bytes.

/// Longest event that is kept while it is incomplete, in bytes.
const EVENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Cuts a stream of server-sent events into the data of each.
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    data: String,
}

/// An event is longer than any that a region sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {EVENT_BYTES_MAX} bytes")]
pub struct TooLong;

impl Parser {
    /// Takes bytes as they arrive; answers the data of the events that they complete.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        if self.pending.len() + self.data.len() + bytes.len() > EVENT_BYTES_MAX {
            return Err(TooLong);
        }
        self.pending.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            complete.extend(self.line(line.trim_end_matches(['\r', '\n'])));
        }
        Ok(complete)
    }

    /// An empty line ends an event; all fields but `data` don't matter here, as each event names its position.
    fn line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| data.trim_end_matches('\n').to_owned());
        }
        if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            self.data.push('\n');
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Parser;

    #[test]
    fn events_survive_any_cut() {
        let stream = ": hello\n\nid: E1.1\nevent: sandbox.created\ndata: {\"a\":\ndata: 1}\n\nid: E1.2\r\ndata: 青椒\r\n\r\n";
        for cut in 0..stream.len() {
            let (first, second) = stream.as_bytes().split_at(cut);
            let mut parser = Parser::default();
            let mut events = parser.push(first).unwrap();
            events.extend(parser.push(second).unwrap());
            assert_eq!(events, ["{\"a\":\n1}", "青椒"], "cut at {cut}");
        }
    }

    #[test]
    fn endless_events_are_refused() {
        let mut parser = Parser::default();
        assert!(parser.push(&vec![b'x'; 9 * 1024 * 1024]).is_err());
    }
}
