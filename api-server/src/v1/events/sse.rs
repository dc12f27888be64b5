//! The wire form of `text/event-stream`.

use bytes::{BufMut as _, Bytes, BytesMut};
use store::Position;

use crate::view::EventView;

/// Milliseconds after which a client that lost the stream tries again.
const RETRY_MS: u32 = 1_000;

/// What opens a stream: where it begins, so that a client that is cut at once resumes there.
pub(super) fn opening(position: &Position) -> Bytes {
    Bytes::from(format!("retry: {RETRY_MS}\nid: {position}\n\n"))
}

/// A sign of life. Its id moves on over events that the key may not see.
pub(super) fn heartbeat(position: &Position) -> Bytes {
    Bytes::from(format!(": heartbeat\nid: {position}\n\n"))
}

/// Appends one event.
pub(super) fn event(to: &mut BytesMut, view: &EventView) {
    to.put_slice(b"id: ");
    to.put_slice(view.position.as_bytes());
    to.put_slice(b"\nevent: ");
    to.put_slice(view.r#type.as_bytes());
    to.put_slice(b"\ndata: ");
    // JSON has no raw line breaks, so one `data` line holds it. Writing our own types to memory can't fail.
    to.put_slice(&serde_json::to_vec(view).unwrap_or_default());
    to.put_slice(b"\n\n");
}
