//! Raw bytes to a socket, and whatever comes back.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A peer that neither answers nor hangs up in this time waits for more bytes, as it may.
const SILENCE: Duration = Duration::from_millis(30);
/// What is looked at of an answer.
const LOOKED_AT_BYTES: usize = 512;

/// Sends bytes and gives the beginning of what comes back.
pub(super) async fn exchange<S>(mut stream: S, bytes: &[u8]) -> Vec<u8>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Whoever hangs up on nonsense is right to, so errors here are answers.
    let _sent = stream.write_all(bytes).await;
    let mut answer = vec![0; LOOKED_AT_BYTES];
    match tokio::time::timeout(SILENCE, stream.read(&mut answer)).await {
        Ok(Ok(count)) => answer.truncate(count),
        Ok(Err(_)) | Err(_) => answer.clear(),
    }
    answer
}

/// That an answer, if there is one, is HTTP and no fault of the server's own.
pub(super) fn check(answer: &[u8], sent: &[u8]) -> anyhow::Result<()> {
    if answer.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(answer);
    let status = text.strip_prefix("HTTP/1.1 ").or_else(|| text.strip_prefix("HTTP/1.0 "));
    let status =
        status.with_context(|| format!("no HTTP: {text:?} for {:?}", String::from_utf8_lossy(sent)))?;
    ensure!(!status.starts_with("500"), "{text} for {:?}", String::from_utf8_lossy(sent));
    Ok(())
}
