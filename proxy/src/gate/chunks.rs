//! Follows a body in chunks to its end, and accepts only what every reader takes for the same.

use std::io;

/// 16 hex digits would overflow a sum; nobody sends a chunk of 2^60 bytes.
const SIZE_DIGITS_MAX: u8 = 15;
/// Extensions of one chunk, which nobody uses.
const EXTENSION_BYTES_MAX: u16 = 256;
/// All trailers of a body together.
const TRAILER_BYTES_MAX: u16 = 8 * 1024;

/// How far in a body in chunks we are.
#[derive(Debug)]
pub(super) struct Chunks {
    state: State,
    size: u64,
    /// Bytes so far of the part that `state` names, against its limit.
    count: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the start of a trailer, or of the empty line that ends the body.
    Trailer,
    TrailerText,
    TrailerLf,
    LastLf,
    Done,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { state: State::Size, size: 0, count: 0 }
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Chunks {
    /// Reads on; answers how many of `bytes` belong to the body.
    ///
    /// # Errors
    /// When the chunks can't be read in one way only.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Done {
            if self.state == State::Data {
                let left = usize::try_from(self.size).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += left;
                self.size -= left as u64;
                if self.size == 0 {
                    self.state = State::DataCr;
                }
            } else {
                self.state = self.step(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn step(&mut self, byte: u8) -> io::Result<State> {
        match (self.state, byte) {
            (State::Size, digit) if digit.is_ascii_hexdigit() => self.digit(digit),
            (State::Size, b'\r') if self.count > 0 => Ok(State::SizeLf),
            (State::Size, b';') if self.count > 0 => self.enter(State::Extension),
            (State::Extension, b'\r') => Ok(State::SizeLf),
            (State::Extension, text) => self.text(text, EXTENSION_BYTES_MAX),
            (State::SizeLf, b'\n') if self.size == 0 => self.enter(State::Trailer),
            (State::SizeLf, b'\n') => self.enter(State::Data),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => self.enter(State::Size),
            (State::Trailer, b'\r') => Ok(State::LastLf),
            (State::TrailerText, b'\r') => Ok(State::TrailerLf),
            (State::Trailer | State::TrailerText, text) => {
                self.text(text, TRAILER_BYTES_MAX)?;
                Ok(State::TrailerText)
            }
            (State::TrailerLf, b'\n') => Ok(State::Trailer),
            (State::LastLf, b'\n') => Ok(State::Done),
            _ => Err(malformed("a chunk of the body is malformed")),
        }
    }

    fn enter(&mut self, state: State) -> io::Result<State> {
        self.count = 0;
        Ok(state)
    }

    fn digit(&mut self, digit: u8) -> io::Result<State> {
        self.count += 1;
        if self.count > u16::from(SIZE_DIGITS_MAX) {
            return Err(malformed("a chunk of the body is too large"));
        }
        let value = char::from(digit).to_digit(16).unwrap_or_default();
        self.size = (self.size << 4) | u64::from(value);
        Ok(State::Size)
    }

    fn text(&mut self, byte: u8, limit: u16) -> io::Result<State> {
        self.count += 1;
        let control = byte < b' ' && byte != b'\t' || byte == 0x7f;
        if control || self.count > limit {
            return Err(malformed("an extension or trailer of the body is malformed or too long"));
        }
        Ok(self.state)
    }
}
