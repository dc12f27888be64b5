//! Logs and metrics of a process.

mod format;
mod options;
mod panics;
mod registry;

pub use format::Format;
pub use options::TelemetryOptions;
pub use registry::SharedRegistry;
pub(crate) use registry::unix_now_s;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter is no list of directives.
    #[error("telemetry.filter: {source}; allowed are directives such as `info` or `warn,store=debug`")]
    Filter {
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else in the process already logs.
    #[error("telemetry was set up twice in one process")]
    Twice,
}

/// The telemetry of this process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    registry: SharedRegistry,
}

impl Telemetry {
    /// Sets up logging to standard error and a panic hook that logs, for the whole process.
    ///
    /// # Errors
    /// [`Error::Filter`] for a bad filter, [`Error::Twice`] on a second call.
    pub fn install(options: &TelemetryOptions) -> Result<Self, Error> {
        let filter = EnvFilter::try_new(&options.filter).map_err(|source| Error::Filter { source })?;
        let pretty = options.format.is_pretty(std::io::stderr().is_terminal());
        format::install(pretty, filter)?;
        panics::install_hook();
        Ok(Self::default())
    }

    /// Metrics without logging: for tests, and for a region inside another program.
    #[must_use]
    pub fn quiet() -> Self {
        Self::default()
    }

    /// Where the process's metrics are registered.
    #[must_use]
    pub fn registry(&self) -> &SharedRegistry {
        &self.registry
    }
}

#[cfg(test)]
pub(crate) mod capture;
#[cfg(test)]
mod tests;
