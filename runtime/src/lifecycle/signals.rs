//! Where the wish to stop comes from.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// A source of stop requests: the process's signals, a channel in tests, or none when embedded.
pub(super) enum Requests {
    Signals {
        terminate: Signal,
        interrupt: Signal,
    },
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests ask through a channel"))]
    Channel(mpsc::UnboundedReceiver<&'static str>),
    Never,
}

impl Requests {
    /// Takes over SIGTERM and SIGINT from their default action.
    pub(super) fn signals() -> io::Result<Self> {
        Ok(Self::Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next request and names it. Cancel safe.
    pub(super) async fn next(&mut self) -> &'static str {
        match self {
            Self::Signals { terminate, interrupt } => tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            },
            Self::Channel(requests) => match requests.recv().await {
                Some(name) => name,
                None => std::future::pending().await,
            },
            Self::Never => std::future::pending().await,
        }
    }
}
