//! Reads a file or lists a folder.

use std::io;
use std::path::Path;

use bytes::BytesMut;
use futures_util::stream;
use http::{HeaderValue, Response, Uri, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, Take};

use super::{folder, path_of, problem};
use crate::door::Agent;
use crate::problem::{Answer, Body, Problem};

const CHUNK_BYTES: usize = 64 * 1024;

/// The endpoint.
pub(crate) async fn handle(agent: &Agent, uri: &Uri) -> Answer {
    let path = path_of(uri)?;
    let target = agent.place.resolve(&path)?;
    let file = open(&target).await.map_err(|error| problem(&path, &error))?;
    let metadata = file.metadata().await.map_err(|error| problem(&path, &error))?;
    if metadata.is_dir() {
        return folder::answer(&path, &target).await;
    }
    if !metadata.is_file() {
        let detail = format!("{} is neither a file nor a folder", path.escape_debug());
        return Err(Problem::bad_request(detail));
    }
    let mut response = Response::new(body(file, metadata.len()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, metadata.len().into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&target)?);
    Ok(response)
}

/// Without waiting: a FIFO without a writer must not hold a thread for ever.
async fn open(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(nonblocking).open(path).await
}

/// The first `size_bytes` of the file; one that has become shorter breaks the answer off rather than lying.
fn body(file: File, size_bytes: u64) -> Body {
    let frames = stream::try_unfold(file.take(size_bytes), |mut file| async {
        if file.limit() == 0 {
            return Ok(None);
        }
        let chunk = read(&mut file).await?;
        Ok(Some((Frame::data(chunk.freeze()), file)))
    });
    StreamBody::new(frames).boxed_unsync()
}

async fn read(file: &mut Take<File>) -> io::Result<BytesMut> {
    let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
    if file.read_buf(&mut chunk).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(chunk)
}

/// RFC 6266: a plain name for old clients and the true one in UTF-8.
fn disposition(path: &Path) -> Result<HeaderValue, Problem> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' { c } else { '_' }).collect();
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encode(&name));
    HeaderValue::from_str(&text).map_err(|_| Problem::bad_request("path has no usable name"))
}

fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}
