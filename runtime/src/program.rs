//! What every program does around its own work: it reads its configuration, prints it when asked to, begins to log,
//! and says in one line why it ends.

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Telemetry;
use crate::config::ConfigArgs;
use crate::telemetry::TelemetryOptions;

/// The configuration of a program: its sections, one of which is `telemetry`.
pub trait Configuration: DeserializeOwned + Serialize + Default {
    /// Sections of other programs, which may stand in a file or an environment that they share with this one.
    const FOREIGN_SECTIONS: &'static [&'static str];

    /// The section `telemetry`.
    fn telemetry(&self) -> &TelemetryOptions;
}

/// Runs a program until its work ends. What goes wrong is told on standard error, in one line with its causes and
/// without a backtrace: a mistake in the configuration is its reader's to mend, not ours.
pub async fn run<C: Configuration, E: Display>(
    config: &ConfigArgs,
    work: impl AsyncFnOnce(C, &Telemetry) -> Result<ExitCode, E>,
) -> ExitCode {
    match prepare::<C>(config) {
        Ok(Some((configuration, telemetry))) => {
            work(configuration, &telemetry).await.unwrap_or_else(|error| failed(&error))
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// `None` when the configuration was only to be printed.
fn prepare<C: Configuration>(config: &ConfigArgs) -> Result<Option<(C, Telemetry)>, crate::BoxError> {
    let loaded = config.layers()?.foreign_sections(C::FOREIGN_SECTIONS).load::<C>()?;
    if config.print_config {
        print!("{}", loaded.print()?);
        return Ok(None);
    }
    let telemetry = Telemetry::install(loaded.value.telemetry())?;
    Ok(Some((loaded.value, telemetry)))
}

/// `{:#}` shows the causes of an error that keeps a chain.
fn failed(error: &impl Display) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Small {
        telemetry: TelemetryOptions,
    }

    impl Configuration for Small {
        const FOREIGN_SECTIONS: &'static [&'static str] = &["other"];

        fn telemetry(&self) -> &TelemetryOptions {
            &self.telemetry
        }
    }

    fn said(assignment: &str) -> Option<String> {
        let config = ConfigArgs {
            assignments: vec![assignment.to_owned()],
            print_config: true,
            ..ConfigArgs::default()
        };
        prepare::<Small>(&config).err().map(|error| error.to_string())
    }

    #[test]
    fn sections_of_others_may_be_there_and_mistakes_are_named() {
        assert_eq!(said("other.field=1"), None);
        assert!(said("telemetry.fliter=info").unwrap().contains("`telemetry.fliter`"));
    }
}
