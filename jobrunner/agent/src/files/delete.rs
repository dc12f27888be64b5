//! Removes a file or a folder.

use std::io;
use std::path::Path;

use http::{StatusCode, Uri};

use super::{path_of, problem, query};
use crate::door::Agent;
use crate::problem::{Answer, Problem, empty};

/// The endpoint. A link is removed itself, never what it leads to.
pub(crate) async fn handle(agent: &Agent, uri: &Uri) -> Answer {
    let path = path_of(uri)?;
    let target = agent.place.resolve(&path)?;
    if agent.place.home.starts_with(&target) {
        let detail = "home and the folders above it can't be deleted: name a file or folder in it";
        return Err(Problem::new(StatusCode::FORBIDDEN, "home_forbidden", detail));
    }
    let recursive = query(uri, "recursive").is_some_and(|value| value == "true");
    remove(&target, recursive).await.map_err(|error| problem(&path, &error))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

async fn remove(path: &Path, recursive: bool) -> io::Result<()> {
    if !tokio::fs::symlink_metadata(path).await?.is_dir() {
        return tokio::fs::remove_file(path).await;
    }
    if recursive { tokio::fs::remove_dir_all(path).await } else { tokio::fs::remove_dir(path).await }
}
