//! Bytes that nearly make sense.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// Most changes to one input.
const CHANGES_MAX: usize = 6;
/// Longest run of bytes that a change removes, repeats or makes up.
const RUN_BYTES_MAX: usize = 64;
/// How often a piece that nests is repeated.
const NESTED_TIMES: usize = 2_000;
/// Largest input.
const INPUT_BYTES_MAX: usize = 256 * 1024;

/// What parsers stumble over.
const PIECES: [&[u8]; 30] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"9007199254740993",
    b"null",
    b"\xff\xfe",
    b"\xc0\x80",
    b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: a\r\n",
    b"ffffffffffffffff\r\n",
    b"%2e%2e%2f",
    b"..",
];
/// What nests.
const NESTED: [&[u8]; 4] = [b"[", b"{\"a\":", b"..", b"a: b\r\n"];

/// A source of changed inputs; the same seed gives the same.
#[derive(Debug)]
pub(crate) struct Mutator(ChaCha8Rng);

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.0.next_u64() % end).unwrap_or(0)
    }

    /// One of the samples, changed a little.
    pub(crate) fn changed(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = samples.get(self.below(samples.len())).cloned().unwrap_or_default();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut bytes, samples);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(RUN_BYTES_MAX)).min(bytes.len());
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.byte(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let run = bytes[at..end].to_vec();
                insert(bytes, at, &run);
            }
            4 => {
                let run: Vec<u8> = (0..self.below(RUN_BYTES_MAX)).map(|_| self.byte()).collect();
                insert(bytes, at, &run);
            }
            5 => bytes.truncate(at),
            6 => {
                let other = samples.get(self.below(samples.len())).cloned().unwrap_or_default();
                bytes.truncate(at);
                bytes.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            7 if self.below(8) == 0 => {
                let piece = NESTED[self.below(NESTED.len())].repeat(self.below(NESTED_TIMES));
                insert(bytes, at, &piece);
            }
            _ => insert(bytes, at, PIECES[self.below(PIECES.len())]),
        }
    }

    fn byte(&mut self) -> u8 {
        self.0.next_u64().to_le_bytes()[0]
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}
