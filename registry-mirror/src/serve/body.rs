//! The body of a blob, complete or still filling.

use std::io;
use std::ops::Range;

use super::metrics::Metrics;
use super::wire::Wire;
use crate::blob::Blob;
use crate::source::Fault;

/// Why a body ended before its length. What was sent is right as far as it goes.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    /// The fill broke and no source could mend it.
    #[error("the fill broke: {0}")]
    Fill(Fault),
    /// The client left, or takes nothing.
    #[error("the client left: {0}")]
    Client(io::Error),
}

/// Sends these bytes of a blob as they become readable.
pub(super) async fn send(
    wire: &mut Wire,
    blob: &mut Blob,
    mut bytes: Range<u64>,
    metrics: &Metrics,
) -> Result<(), Cut> {
    let _open = metrics.reader_begins();
    while bytes.start < bytes.end {
        let readable = tokio::select! {
            readable = blob.readable(bytes.start) => readable.map_err(Cut::Fill)?,
            () = wire.gone() => return Err(Cut::Client(io::ErrorKind::ConnectionReset.into())),
        };
        let end = readable.min(bytes.end);
        while bytes.start < end {
            let sent = wire.send(blob.file(), bytes.start..end).await.map_err(Cut::Client)?;
            metrics.sent(sent);
            bytes.start += sent;
        }
    }
    Ok(())
}
