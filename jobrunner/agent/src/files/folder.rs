//! Lists a folder.

use std::fs::{DirEntry, FileType, Metadata};
use std::io;
use std::path::Path;

use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::problem;
use crate::problem::{Answer, json};

/// More entries than this are left out, and the answer says so.
const ENTRIES_MAX: usize = 10_000;

#[derive(Serialize)]
struct Listing<'a> {
    path: &'a str,
    entries: Vec<Entry>,
    truncated: bool,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    kind: &'static str,
    size_bytes: u64,
    modified_at: Option<String>,
}

/// The answer for the folder `target`, called `path` by the caller.
pub(super) async fn answer(path: &str, target: &Path) -> Answer {
    let target = target.to_owned();
    let read = tokio::task::spawn_blocking(move || list(&target)).await.map_err(io::Error::other).flatten();
    let mut entries = read.map_err(|error| problem(path, &error))?;
    let truncated = entries.len() > ENTRIES_MAX;
    entries.truncate(ENTRIES_MAX);
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(json(StatusCode::OK, &Listing { path, entries, truncated }))
}

fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let entries = std::fs::read_dir(folder)?.take(ENTRIES_MAX + 1);
    // An entry that was removed meanwhile is simply left out.
    Ok(entries.filter_map(|entry| entry.and_then(|entry| describe(&entry)).ok()).collect())
}

fn describe(entry: &DirEntry) -> io::Result<Entry> {
    let metadata = entry.metadata()?;
    Ok(Entry {
        name: entry.file_name().to_string_lossy().into_owned(),
        kind: kind(metadata.file_type()),
        size_bytes: metadata.len(),
        modified_at: modified_at(&metadata),
    })
}

fn kind(kind: FileType) -> &'static str {
    if kind.is_file() {
        "file"
    } else if kind.is_dir() {
        "folder"
    } else if kind.is_symlink() {
        "link"
    } else {
        "other"
    }
}

fn modified_at(metadata: &Metadata) -> Option<String> {
    let moment: OffsetDateTime = metadata.modified().ok()?.into();
    moment.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
