//! What the tests of this crate share: a machine on a Unix socket in a folder of its own, tokens for it, and callers.

mod caller;
mod mint;
mod tab;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{Listen, Options};
use crate::reaper::Scope;
use crate::serve::Machine;
use crate::token::Identity;

pub(crate) use caller::Caller;
pub(crate) use mint::{KEY_ID, Mint, public_key};
pub(crate) use tab::{Heard, Tab};

/// A machine under test. Everything of it is gone when it is dropped.
pub(crate) struct TestMachine {
    pub(crate) folder: TempDir,
    pub(crate) stop: CancellationToken,
    serving: JoinSet<()>,
}

impl TestMachine {
    /// A machine without a main command.
    pub(crate) async fn start() -> Self {
        Self::with_command(&[]).await
    }

    /// A machine with a main command.
    pub(crate) async fn with_command(command: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        let machine = Machine::start(options(folder.path(), command), Scope::Own).await.unwrap();
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        let stopped = stop.clone();
        serving.spawn(async move { machine.run(stopped).await.unwrap() });
        Self { folder, stop, serving }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("agent.sock")
    }

    /// A caller with a good token for every verb.
    pub(crate) fn caller(&self) -> Caller {
        Caller::new(self.socket(), Mint::default().token())
    }

    /// A tab that is not connected yet.
    pub(crate) fn tab(&self, client: &str) -> Tab {
        Tab::new(self.socket(), client)
    }

    /// Stops it and waits until it has stopped.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while self.serving.join_next().await.is_some() {}
    }
}

/// Options for a machine in `folder`.
pub(crate) fn options(folder: &Path, command: &[&str]) -> Options {
    Options {
        listen: Listen::Unix(folder.join("agent.sock")),
        identity: Identity { sandbox: "bj-1".to_owned(), machine: "main".to_owned(), incarnation: 3 },
        keys: vec![public_key()],
        lock: Some(folder.join("lock")),
        root: "/".into(),
        home: folder.join("home"),
        log: Some(folder.join("agent.log")),
        detach: false,
        command: command.iter().map(|&part| part.to_owned()).collect(),
    }
}

/// Waits for something, and fails when it takes far too long.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it took too long")
}

/// Waits until `holds`.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
