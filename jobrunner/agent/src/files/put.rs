//! Writes a file: beside it first, then renamed, so that a reader sees the old file or the new one, never half of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::{path_of, problem};
use crate::door::Agent;
use crate::problem::{self, Answer, Problem};

/// An upload that stands still for this long is given up.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long the rest of a refused upload is read.
const DRAIN_MAX: Duration = Duration::from_secs(10);
const MODE_OF_NEW_FILES: u32 = 0o644;

/// The endpoint.
pub(crate) async fn handle(agent: &Agent, request: Request<Incoming>) -> Answer {
    let (parts, mut body) = request.into_parts();
    match receive(agent, &parts.uri, &mut body).await {
        Ok(size_bytes) => Ok(problem::json(StatusCode::CREATED, &json!({ "size_bytes": size_bytes }))),
        Err(problem) => {
            let _ = timeout(DRAIN_MAX, drain(&mut body)).await;
            Err(problem)
        }
    }
}

async fn receive(agent: &Agent, uri: &Uri, body: &mut Incoming) -> Result<u64, Problem> {
    let path = path_of(uri)?;
    let target = agent.place.resolve(&path)?;
    let failed = |error: io::Error| problem(&path, &error);
    if tokio::fs::metadata(&target).await.is_ok_and(|old| old.is_dir()) {
        return Err(failed(rustix::io::Errno::ISDIR.into()));
    }
    let target = follow(target).await.map_err(failed)?;
    let mut draft = Draft::create(target).await.map_err(failed)?;
    while let Some(frame) = timeout(IDLE_MAX, body.frame()).await.map_err(|_| slow())? {
        let frame = frame.map_err(|_| Problem::bad_request("the upload broke off; nothing was changed"))?;
        if let Some(bytes) = frame.data_ref() {
            draft.write(bytes).await.map_err(failed)?;
        }
    }
    draft.finish().await.map_err(failed)
}

/// A browser that is still sending when it is refused sees a broken connection instead of the reason, so the rest of
/// a moderate upload is read first.
async fn drain(body: &mut Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn slow() -> Problem {
    let detail = format!("nothing came for {} s; nothing was changed: send it again", IDLE_MAX.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body_slow", detail)
}

/// A link is written through, as an editor would, not replaced.
async fn follow(path: PathBuf) -> io::Result<PathBuf> {
    match tokio::fs::symlink_metadata(&path).await {
        Ok(metadata) if metadata.is_symlink() => tokio::fs::canonicalize(&path).await,
        _ => Ok(path),
    }
}

/// A file that is not there yet under its name; dropped unfinished, it vanishes.
struct Draft {
    target: PathBuf,
    temporary: PathBuf,
    file: File,
    size_bytes: u64,
    finished: bool,
}

impl Draft {
    async fn create(target: PathBuf) -> io::Result<Self> {
        let name = target.file_name().ok_or(rustix::io::Errno::ISDIR)?;
        let folder = target.parent().unwrap_or(Path::new("/"));
        tokio::fs::create_dir_all(folder).await?;
        // Long names are cut: the temporary one must not be too long where the final one is not.
        let name: String = name.to_string_lossy().chars().take(40).collect();
        let temporary = folder.join(format!(".{name}.{}.part", crate::terminal::random_id()?));
        let mode = tokio::fs::metadata(&target).await.map_or(MODE_OF_NEW_FILES, |old| permission_bits(&old));
        let file = File::options().write(true).create_new(true).mode(mode).open(&temporary).await?;
        Ok(Self { target, temporary, file, size_bytes: 0, finished: false })
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    async fn finish(mut self) -> io::Result<u64> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        tokio::fs::rename(&self.temporary, &self.target).await?;
        self.finished = true;
        Ok(self.size_bytes)
    }
}

fn permission_bits(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o777
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
