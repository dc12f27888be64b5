//! Where in a connection's bytes we are.

use super::chunks::Chunks;

/// What comes next on a connection.
#[derive(Debug)]
pub(super) enum Framing {
    /// The head of a request.
    Head,
    /// So many more bytes of a body.
    Length(u64),
    /// A body in chunks.
    Chunks(Chunks),
    /// Bytes that are not ours to read.
    Raw,
    /// Nothing more: the connection is given up.
    Refused,
}
