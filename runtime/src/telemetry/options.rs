//! The configuration section `telemetry`.

use serde::{Deserialize, Serialize};

use super::Format;

/// The configuration section `telemetry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryOptions {
    /// How log lines look.
    pub format: Format,
    /// Which log lines are written: directives such as `info` or `warn,store=debug`.
    pub filter: String,
}

impl Default for TelemetryOptions {
    fn default() -> Self {
        Self { format: Format::Auto, filter: "info".to_owned() }
    }
}
