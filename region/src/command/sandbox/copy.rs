//! `region sandbox cp`.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use reqwest::{Body, Method};
use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::{machine, path};
use crate::Error;
use crate::api::{Api, Request, segment, segments};
use crate::command::Invocation;
use crate::output;

/// From where to where: one side is ID:PATH, the other a file here (`-` is standard output).
#[derive(Debug, clap::Args)]
pub struct CopyArgs {
    /// FILE, or ID:PATH (relative to the home)
    pub from: String,
    /// FILE, or ID:PATH
    pub to: String,
    /// The machine [default: its first]
    #[arg(long)]
    pub machine: Option<String>,
}

/// One side of a copy.
#[derive(Debug, PartialEq, Eq)]
enum Side<'a> {
    Here(&'a str),
    There { id: &'a str, path: &'a str },
}

/// Copies one file.
pub(super) async fn run(invocation: &Invocation, args: &CopyArgs) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    let named = args.machine.as_deref();
    match (side(&args.from), side(&args.to)) {
        (Side::Here(file), Side::There { id, path }) => {
            let url = files(id, &machine::machine(&api, id, named).await?, &target(path, file));
            let size = upload(&api, Path::new(file), &url).await?;
            let answer = json!({"from": args.from, "to": args.to, "size_bytes": size});
            invocation.output.print(&answer, || format!("{file} → {} ({size} bytes)", args.to))
        }
        (Side::There { id, path }, Side::Here(file)) => {
            let url = files(id, &machine::machine(&api, id, named).await?, path);
            download(invocation, &api, &url, (path, file)).await
        }
        (Side::Here(_), Side::Here(_)) | (Side::There { .. }, Side::There { .. }) => {
            Err(Error::Usage("one side must be ID:PATH, the other a file here".to_owned()))
        }
    }
}

/// A sandbox id begins ID:PATH; a file here whose name looks so is written `./…`.
fn side(text: &str) -> Side<'_> {
    match text.split_once(':') {
        Some((id, path)) if id.parse::<domain::id::SandboxId>().is_ok() => Side::There { id, path },
        Some(_) | None => Side::Here(text),
    }
}

/// A folder as target, written with a slash at its end or left empty, takes the file under its own name.
fn target(path: &str, file: &str) -> String {
    let name = Path::new(file).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if path.is_empty() || path.ends_with('/') { format!("{path}{name}") } else { path.to_owned() }
}

fn files(id: &str, machine: &str, file: &str) -> String {
    // An absolute path keeps its slash, in a form that survives URL normalisation.
    let file = file.strip_prefix('/').map_or_else(|| segments(file), |rest| format!("%2F{}", segments(rest)));
    path(id, &format!("/files/{}/{file}", segment(machine)))
}

async fn upload(api: &Api, file: &Path, url: &str) -> Result<u64, Error> {
    let content = File::open(file).await.map_err(Error::file(file))?;
    let size = content.metadata().await.map_err(Error::file(file))?.len();
    let request = api.request(Method::PUT, &Request { path: url, ..Request::default() });
    let body = Body::wrap_stream(ReaderStream::new(content));
    api.send(request.header("content-length", size).body(body)).await?;
    Ok(size)
}

async fn download(
    invocation: &Invocation,
    api: &Api,
    url: &str,
    (from, to): (&str, &str),
) -> Result<(), Error> {
    let response = api.send(api.request(Method::GET, &Request { path: url, ..Request::default() })).await?;
    let mut bytes = response.bytes_stream();
    let mut sink = Sink::open(from, to).await?;
    while let Some(chunk) = bytes.next().await {
        sink.write(&chunk.map_err(|error| api.unreachable(&error))?).await?;
    }
    let Some((file, size)) = sink.close().await? else { return Ok(()) };
    let answer = json!({"from": from, "to": file, "size_bytes": size});
    invocation.output.print(&answer, || format!("{from} → {} ({size} bytes)", file.display()))
}

/// Where a download goes: standard output, or a file that appears only when it is whole.
enum Sink {
    StandardOutput,
    File { file: File, part: PathBuf, path: PathBuf, size: u64 },
}

impl Sink {
    async fn open(from: &str, to: &str) -> Result<Self, Error> {
        if to == "-" {
            return Ok(Self::StandardOutput);
        }
        let name = Path::new(from).file_name().unwrap_or_default();
        let path = if Path::new(to).is_dir() { Path::new(to).join(name) } else { PathBuf::from(to) };
        let part = path.with_added_extension("part");
        let file = File::create(&part).await.map_err(Error::file(&part))?;
        Ok(Self::File { file, part, path, size: 0 })
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match self {
            Self::StandardOutput => output::bytes(chunk),
            Self::File { file, part, size, .. } => {
                *size += chunk.len() as u64;
                file.write_all(chunk).await.map_err(Error::file(part))
            }
        }
    }

    async fn close(self) -> Result<Option<(PathBuf, u64)>, Error> {
        let Self::File { mut file, part, path, size } = self else { return Ok(None) };
        file.flush().await.map_err(Error::file(&part))?;
        tokio::fs::rename(&part, &path).await.map_err(Error::file(&path))?;
        Ok(Some((path, size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_told_apart() {
        let id = "bj-abcdefghij234567";
        assert_eq!(side("bj-abcdefghij234567:a/b.txt"), Side::There { id, path: "a/b.txt" });
        assert_eq!(side("C:notes.txt"), Side::Here("C:notes.txt"));
        assert_eq!(side("./bj-abcdefghij234567:x"), Side::Here("./bj-abcdefghij234567:x"));
    }

    #[test]
    fn folders_take_the_file_under_its_name() {
        assert_eq!(target("", "work/a.txt"), "a.txt");
        assert_eq!(target("docs/", "a.txt"), "docs/a.txt");
        assert_eq!(target("b.txt", "a.txt"), "b.txt");
    }

    #[test]
    fn odd_names_stay_one_path() {
        assert_eq!(files("bj-1", "main", "a b?.txt"), "/v1/sandboxes/bj-1/files/main/a%20b%3F.txt");
        assert_eq!(files("bj-1", "main", "/tmp/x"), "/v1/sandboxes/bj-1/files/main/%2Ftmp/x");
    }
}
