//! Reads the headers of frames that go by, and nothing else of them.

/// Two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;
const MASKED: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;

/// Which frames are a sign of life of their sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Text and binary frames; pings, pongs and closes are sent by programs.
    Data,
    /// Binary frames only: in the terminal's protocol they are what was typed, text frames are its housekeeping.
    Typed,
}

/// Follows the frames of one direction.
#[derive(Debug)]
pub(crate) struct Observer {
    counted: Counted,
    header: [u8; HEADER_BYTES_MAX],
    have: usize,
    payload_left: u64,
    closed: bool,
}

impl Observer {
    pub(crate) fn new(counted: Counted) -> Self {
        Self { counted, header: [0; HEADER_BYTES_MAX], have: 0, payload_left: 0, closed: false }
    }

    /// Reads on; answers whether a counted frame began in `bytes`.
    pub(crate) fn observe(&mut self, mut bytes: &[u8]) -> bool {
        let mut counted = false;
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let skipped = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
                self.payload_left -= skipped as u64;
                bytes = &bytes[skipped..];
            } else {
                counted |= self.header_byte(bytes[0]);
                bytes = &bytes[1..];
            }
        }
        counted
    }

    /// Whether a frame of another sender may be put in here.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.have == 0 && self.payload_left == 0
    }

    /// Whether the sender has said goodbye.
    pub(crate) fn has_closed(&self) -> bool {
        self.closed
    }

    /// How many bytes may be read without passing the end of the present frame; at least one.
    pub(crate) fn until_boundary(&self) -> usize {
        usize::try_from(self.payload_left).unwrap_or(usize::MAX).max(1)
    }

    /// Takes a byte of a header; answers whether it completes one of a counted frame.
    fn header_byte(&mut self, byte: u8) -> bool {
        self.header[self.have] = byte;
        self.have += 1;
        let Some(payload) = self.payload() else { return false };
        (self.have, self.payload_left) = (0, payload);
        let opcode = self.header[0] & 0x0f;
        self.closed |= opcode == CLOSE;
        match self.counted {
            Counted::Data => opcode == TEXT || opcode == BINARY,
            Counted::Typed => opcode == BINARY,
        }
    }

    /// The payload's length, once the header is whole.
    fn payload(&self) -> Option<u64> {
        if self.have < 2 {
            return None;
        }
        let (length_bytes, short) = match self.header[1] & !MASKED {
            126 => (2, 0),
            127 => (8, 0),
            short => (0, u64::from(short)),
        };
        let mask_bytes = if self.header[1] & MASKED == 0 { 0 } else { 4 };
        if self.have < 2 + length_bytes + mask_bytes {
            return None;
        }
        let long = self.header[2..2 + length_bytes].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Some(if length_bytes == 0 { short } else { long })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(opcode: u8, payload: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { MASKED } else { 0 };
        let mut frame = vec![0x80 | opcode];
        match payload {
            0..126 => frame.push(mask | u8::try_from(payload).unwrap()),
            126..65536 => {
                frame.push(mask | 126);
                frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend(vec![0xff; payload + if masked { 4 } else { 0 }]);
        frame
    }

    #[test]
    fn frames_of_every_size_are_followed_in_pieces_of_every_size() {
        for piece in [1, 2, 3, 7, 1000, 100_000] {
            for masked in [false, true] {
                for payload in [0, 1, 125, 126, 65_535, 65_536] {
                    let mut observer = Observer::new(Counted::Data);
                    let bytes = [frame(9, 3, masked), frame(2, payload, masked)].concat();
                    let begun = bytes.chunks(piece).filter(|piece| observer.observe(piece)).count();
                    assert_eq!(begun, 1, "{piece} {masked} {payload}");
                    assert!(observer.is_between_frames());
                }
            }
        }
    }

    #[test]
    fn control_frames_and_housekeeping_are_no_sign_of_life() {
        for (counted, alive) in [(Counted::Data, [true, true]), (Counted::Typed, [false, true])] {
            let mut observer = Observer::new(counted);
            for control in [8, 9, 10] {
                assert!(!observer.observe(&frame(control, 2, true)));
            }
            assert_eq!(
                [observer.observe(&frame(TEXT, 5, true)), observer.observe(&frame(BINARY, 5, true))],
                alive
            );
        }
    }

    #[test]
    fn the_boundary_is_known_within_a_frame() {
        let mut observer = Observer::new(Counted::Data);
        observer.observe(&frame(2, 100, false)[..10]);
        assert!(!observer.is_between_frames());
        assert_eq!(observer.until_boundary(), 92);
    }
}
