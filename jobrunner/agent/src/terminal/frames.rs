//! The frames of `qj.terminal.v1`, as docs/protocols.md describes them.

use bytes::{Buf as _, Bytes};
use serde::{Deserialize, Serialize};

use super::size::Size;
use crate::reaper::Ended;

/// The WebSocket subprotocol.
pub(super) const SUBPROTOCOL: &str = "qj.terminal.v1";
const CLIENT_MAX_BYTES: usize = 128;

/// A text frame from a tab. Types that a newer page may send are ignored.
#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum FromTab {
    Attach(Attach),
    Resize(Size),
    Seen {
        offset: u64,
    },
    #[serde(other)]
    Unknown,
}

/// The first frame of a tab.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attach {
    /// The tab's random id; its input numbers count under this name.
    pub(super) client: String,
    /// The session's life as the tab saw it last.
    pub(super) incarnation: Option<String>,
    /// The number of the next output byte that the tab needs.
    #[serde(default)]
    pub(super) seen: u64,
    #[serde(flatten)]
    pub(super) size: Size,
}

/// A text frame to a tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum ToTab {
    Attached {
        incarnation: String,
        from: u64,
        end: u64,
        lost: bool,
        input: u64,
        #[serde(flatten)]
        size: Size,
    },
    Ack {
        input: u64,
    },
    Size(Size),
    Exit {
        exit_code: Option<i32>,
        signal: Option<i32>,
    },
}

impl ToTab {
    /// The program's end.
    pub(super) fn exit(ended: Ended) -> Self {
        Self::Exit { exit_code: ended.exit_code, signal: ended.signal }
    }

    /// As it goes over the wire.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A text frame, or `None` when it is no message of this protocol.
pub(super) fn from_text(text: &str) -> Option<FromTab> {
    let message = serde_json::from_str(text).ok()?;
    match &message {
        FromTab::Attach(attach) if attach.client.is_empty() || attach.client.len() > CLIENT_MAX_BYTES => None,
        _ => Some(message),
    }
}

/// A binary frame: the input's number and what was typed.
pub(super) fn input(mut frame: Bytes) -> Option<(u64, Bytes)> {
    let number = frame.try_get_u64().ok()?;
    Some((number, frame))
}

/// A binary frame to a tab: the number of the first byte and the output.
pub(super) fn output(offset: u64, bytes: &[u8]) -> Bytes {
    [&offset.to_be_bytes(), bytes].concat().into()
}
