//! How log lines look: JSON for machines, pretty for people.

use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use super::Error;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Pretty if standard error is a terminal, else JSON.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people's eyes.
    Pretty,
}

impl Format {
    pub(super) fn is_pretty(self, terminal: bool) -> bool {
        match self {
            Self::Auto => terminal,
            Self::Json => false,
            Self::Pretty => true,
        }
    }
}

pub(super) fn install(pretty: bool, filter: EnvFilter) -> Result<(), Error> {
    let installed = if pretty {
        pretty_lines(filter, BoxMakeWriter::new(std::io::stderr)).try_init()
    } else {
        json_lines(filter, BoxMakeWriter::new(std::io::stderr)).try_init()
    };
    installed.map_err(|_| Error::Twice)
}

fn pretty_lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt().with_env_filter(filter).with_writer(writer).compact().finish()
}

/// Fields stand beside `timestamp`, `level`, `target` and `message`, not inside an object of their own, so that
/// a log search can name them plainly (`sandbox.id`).
pub(super) fn json_lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt().with_env_filter(filter).with_writer(writer).json().flatten_event(true).finish()
}
