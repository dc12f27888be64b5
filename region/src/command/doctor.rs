//! `region doctor`: what stands in the way of a region, each with what to do about it.

mod api;
mod cluster;
mod computer;

use std::path::PathBuf;
use std::process::ExitCode;

use domain::check::{Check, Mark};
use serde_json::json;

use super::Invocation;
use crate::Error;
use crate::error::Exit;

/// What `region doctor` is given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DoctorArgs {
    /// Check the cluster in the section `kubernetes` of this configuration file instead of this computer
    #[arg(long, value_name = "FILE")]
    pub cluster: Option<PathBuf>,

    /// An image that templates name, to be pulled there too; may be repeated
    #[arg(long, value_name = "IMAGE", requires = "cluster")]
    pub image: Vec<String>,
}

/// Looks at everything; fails when something that a region needs is missing.
pub(crate) async fn run(invocation: &Invocation, args: &DoctorArgs) -> Result<ExitCode, Error> {
    let checks = match &args.cluster {
        Some(file) => cluster::checks(invocation, file, &args.image).await?,
        None => here(invocation).await?,
    };
    invocation.output.print(&json!({ "checks": checks }), || human(&checks))?;
    let is_bad = checks.iter().any(|check| check.mark == Mark::Bad);
    Ok(if is_bad { Exit::Failed.into() } else { ExitCode::SUCCESS })
}

async fn here(invocation: &Invocation) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    // Of a region elsewhere only its API can be seen from here.
    if invocation.connection.url.is_none() {
        checks.extend(computer::checks(invocation).await?);
    }
    checks.extend(api::checks(invocation).await);
    Ok(checks)
}

fn human(checks: &[Check]) -> String {
    let lines = checks.iter().map(lines).collect::<String>();
    let count = |mark| checks.iter().filter(|check| check.mark == mark).count();
    match (count(Mark::Bad), count(Mark::Warning)) {
        (0, 0) => format!("{lines}\nEverything is as it should be."),
        (0, 1) => format!("{lines}\nA region can run here; there is 1 note."),
        (0, notes) => format!("{lines}\nA region can run here; there are {notes} notes."),
        (bad, _) => format!("{lines}\n{bad} to mend before a region works."),
    }
}

fn lines(check: &Check) -> String {
    let mark = match check.mark {
        Mark::Good => "ok",
        Mark::Warning => "note",
        Mark::Bad => "BAD",
    };
    let first = format!("{mark:<4}  {:<15}  {}\n", check.name, check.detail);
    if check.remedy.is_empty() { first } else { format!("{first}{:23}→ {}\n", "", check.remedy) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_its_remedy() {
        let checks = [
            Check::good("agent", "agent 0.1.0"),
            Check::warning("limit.cpu", "not limited", "run as root"),
            Check::bad("ports", "127.0.0.1:8000 is in use", "choose another with --api-port"),
        ];
        let expected = "\
ok    agent            agent 0.1.0
note  limit.cpu        not limited
                       → run as root
BAD   ports            127.0.0.1:8000 is in use
                       → choose another with --api-port

1 to mend before a region works.";
        assert_eq!(human(&checks), expected);
    }
}
