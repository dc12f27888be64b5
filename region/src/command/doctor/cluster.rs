//! What a cluster must have for a region, found out by the provider that would run machines there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::check::Check;
use domain::random::OsRandom;
use domain::time::SystemClock;
use kubernetes::Doctor;
use runtime::config::Layers;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::Error;
use crate::command::Invocation;

/// The section of a jobrunner's configuration that says how to reach and use a cluster.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    kubernetes: Option<kubernetes::Config>,
}

/// Other sections that may stand in the same file.
const FOREIGN_SECTIONS: &[&str] =
    &["region", "api", "proxy", "store", "secrets", "jobrunner", "local", "mirror", "admin", "telemetry"];

/// Looks at the cluster that the file names. What was made for trial is removed, also when this is interrupted.
pub(super) async fn checks(
    invocation: &Invocation,
    file: &Path,
    images: &[String],
) -> Result<Vec<Check>, Error> {
    let doctor = open(file).await?;
    let output = invocation.output;
    let tell = |what: &str| {
        if output.is_live() {
            output.remark(&format!("looking at {what} …"));
        }
    };
    tokio::select! {
        checks = doctor.checks(images, &tell) => Ok(checks),
        interrupted = interrupted() => {
            interrupted.map_err(Error::file(&PathBuf::from("signals")))?;
            doctor.clean().await.map_err(Error::unavailable)?;
            Err(Error::failed("interrupted; what was made for trial is removed"))
        }
    }
}

async fn open(file: &Path) -> Result<Doctor, Error> {
    let layers = Layers::new().foreign_sections(FOREIGN_SECTIONS).file(file).map_err(Error::wrong)?;
    let section = layers.load::<Section>().map_err(Error::wrong)?.value.kubernetes;
    let config = section.ok_or_else(|| {
        Error::wrong(format!(
            "{} has no section `kubernetes`: give a jobrunner's configuration",
            file.display()
        ))
    })?;
    Doctor::open(config, Arc::new(SystemClock), &OsRandom).await.map_err(Error::wrong)
}

async fn interrupted() -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
    Ok(())
}
