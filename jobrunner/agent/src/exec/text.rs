//! Bytes that arrive in pieces, as text.

/// Turns pieces into text without breaking a character that two pieces share; what is no UTF-8 becomes U+FFFD.
#[derive(Debug, Default)]
pub(super) struct Decoder(Vec<u8>);

impl Decoder {
    /// The text that is complete after this piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> String {
        self.0.extend_from_slice(piece);
        let complete = self.0.len() - incomplete_tail(&self.0);
        let rest = self.0.split_off(complete);
        let text = String::from_utf8_lossy(&self.0).into_owned();
        self.0 = rest;
        text
    }

    /// What is left at the end.
    pub(super) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

/// How many bytes at the end begin a character that is not all there.
fn incomplete_tail(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let wanted = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if back < wanted { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_the_same_text() {
        let text = "aé中🦀z".as_bytes();
        for at in 0..=text.len() {
            let mut decoder = Decoder::default();
            let joined = decoder.push(&text[..at]) + &decoder.push(&text[at..]) + &decoder.finish();
            assert_eq!(joined.as_bytes(), text, "split at {at}");
        }
    }

    #[test]
    fn garbage_ends() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"\xff\x80\x80\x80\x80").chars().filter(|c| *c == '\u{fffd}').count(), 5);
        assert_eq!(decoder.push(b"\xe4\xb8"), "");
        assert_eq!(decoder.finish(), "\u{fffd}");
    }
}
