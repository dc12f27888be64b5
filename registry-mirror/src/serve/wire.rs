//! A client's connection, in the clear or encrypted.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use rustix::fs::sendfile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio::task::consume_budget;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// How long a client may take no byte before it is given up: containerd's own limit for a pull without
/// progress.
pub(super) const STALL_AFTER: Duration = Duration::from_secs(300);
/// What the kernel is asked to copy at once, in bytes: a cold disk must not hold a thread for long.
const SENDFILE_MAX_BYTES: u64 = 512 * 1024;
/// What is encrypted at once, in bytes: a few records.
const TLS_CHUNK_BYTES: u64 = 64 * 1024;

/// A client's connection.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Reads into the end of `buffer`, at most up to `limit` bytes in it; 0 at the end. Cancel safe.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
        let mut chunk = [0; 4096];
        let room = limit.saturating_sub(buffer.len()).min(chunk.len());
        let read = match self {
            Self::Plain(tcp) => tcp.read(&mut chunk[..room]).await?,
            Self::Tls(tls) => tls.read(&mut chunk[..room]).await?,
        };
        buffer.extend_from_slice(&chunk[..read]);
        Ok(read)
    }

    /// Writes everything, as long as the client takes something now and then.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let writing = async {
                match self {
                    Self::Plain(tcp) => tcp.write(bytes).await,
                    Self::Tls(tls) => tls.write(bytes).await,
                }
            };
            let written = timeout(STALL_AFTER, writing).await.map_err(|_| stalled())??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        self.flush().await
    }

    async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => timeout(STALL_AFTER, tls.flush()).await.map_err(|_| stalled())?,
        }
    }

    /// Sends some of these bytes of a file, at least one, and tells how many.
    pub(super) async fn send(&mut self, file: &File, bytes: Range<u64>) -> io::Result<u64> {
        match self {
            Self::Plain(tcp) => send_file(tcp, file, bytes).await,
            Self::Tls(_) => self.send_copy(file, bytes).await,
        }
    }

    async fn send_copy(&mut self, file: &File, bytes: Range<u64>) -> io::Result<u64> {
        let length = (bytes.end - bytes.start).min(TLS_CHUNK_BYTES);
        let mut chunk = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut chunk, bytes.start)?;
        self.write(&chunk).await?;
        Ok(length)
    }

    /// Returns when the client has closed its side; never when it has sent something first. Cancel safe.
    pub(super) async fn gone(&self) {
        let mut byte = [0; 1];
        match self.tcp().peek(&mut byte).await {
            Ok(0) | Err(_) => {}
            Ok(_) => std::future::pending().await,
        }
    }

    /// Ends our side.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
        }
    }
}

/// The kernel copies from its page cache to the socket; no byte comes here.
async fn send_file(tcp: &TcpStream, file: &File, bytes: Range<u64>) -> io::Result<u64> {
    let count = usize::try_from((bytes.end - bytes.start).min(SENDFILE_MAX_BYTES)).unwrap_or_default();
    loop {
        consume_budget().await;
        let mut offset = bytes.start;
        let sent = tcp.try_io(Interest::WRITABLE, || {
            sendfile(tcp, file, Some(&mut offset), count).map_err(io::Error::from)
        });
        match sent {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(sent) => return Ok(sent as u64),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                timeout(STALL_AFTER, tcp.writable()).await.map_err(|_| stalled())??;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn stalled() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client takes no bytes")
}
