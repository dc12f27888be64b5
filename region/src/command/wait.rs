//! Waiting until a sandbox reaches a phase: a spinner with phases on a terminal, plain lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::time::Instant;

use super::Invocation;
use crate::Error;
use crate::api::view::Sandbox;
use crate::api::{Api, read, segment};
use crate::explain::now_line;

/// Between two looks at the sandbox.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// Between two movements of the spinner.
const SPIN_INTERVAL: Duration = Duration::from_millis(100);

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until<'a> {
    /// The phase.
    pub phase: &'a str,
    /// The generation that must have been reached, so that the phase before a command doesn't count.
    pub generation: u64,
    /// For how long.
    pub timeout: Duration,
}

/// Waits; answers the sandbox as it is then.
///
/// # Errors
/// [`Error::Conflict`] when it ends in a phase from which it will not come, [`Error::Unavailable`] when it takes
/// too long.
pub(super) async fn wait(
    invocation: &Invocation,
    api: &Api,
    id: &str,
    until: Until<'_>,
) -> Result<Value, Error> {
    let path = format!("/v1/sandboxes/{}", segment(id));
    let deadline = Instant::now() + until.timeout;
    let progress = Progress::new(invocation);
    loop {
        let answer = match api.get(&path).await {
            Err(error) if error.will_pass() && Instant::now() < deadline => {
                progress.show(&error.to_string());
                tokio::time::sleep(LOOK_INTERVAL).await;
                continue;
            }
            Err(Error::Problem(problem)) if problem.status == 404 && until.phase == "deleted" => {
                return Ok(Value::Null);
            }
            other => other?,
        };
        let sandbox: Sandbox = read("GET /v1/sandboxes", &answer)?;
        match verdict(&sandbox, until) {
            Verdict::There => return Ok(answer),
            Verdict::Never => return Err(never(invocation, &sandbox, until.phase)),
            Verdict::OnItsWay => progress.show(&now_line(&sandbox, invocation.language)),
        }
        if Instant::now() >= deadline {
            return Err(too_late(&sandbox, until));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    There,
    OnItsWay,
    Never,
}

fn verdict(sandbox: &Sandbox, until: Until<'_>) -> Verdict {
    let reached = sandbox.observed_generation >= until.generation;
    let settled = |phase: &str| reached && sandbox.phase == phase;
    if sandbox.phase == until.phase && (reached || until.phase == "deleted") {
        Verdict::There
    } else if settled("failed") || settled("deleted") || (settled("stopped") && sandbox.wanted != "running") {
        Verdict::Never
    } else {
        Verdict::OnItsWay
    }
}

fn never(invocation: &Invocation, sandbox: &Sandbox, phase: &str) -> Error {
    let line = now_line(sandbox, invocation.language);
    Error::Conflict(format!(
        "{} will not be {phase}: {line}\n  `region sandbox explain {}` tells the whole story",
        sandbox.id, sandbox.id
    ))
}

fn too_late(sandbox: &Sandbox, until: Until<'_>) -> Error {
    let seconds = until.timeout.as_secs();
    let id = &sandbox.id;
    Error::Unavailable(format!(
        "{id} is {} after {seconds} s and not {}; it goes on by itself: `region sandbox wait {id}` waits longer",
        sandbox.phase, until.phase
    ))
}

/// What is shown meanwhile, on standard error.
struct Progress {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    last: std::cell::RefCell<String>,
}

impl Progress {
    fn new(invocation: &Invocation) -> Self {
        let bar = invocation.output.is_live().then(|| {
            let style = ProgressStyle::with_template("{spinner:.green} {msg} {elapsed:.dim}");
            let bar = ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(SPIN_INTERVAL);
            bar
        });
        Self { bar, is_quiet: invocation.output.json, last: std::cell::RefCell::default() }
    }

    /// A line of plain text only when it says something new.
    fn show(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            None if self.is_quiet || *self.last.borrow() == line => {}
            None => {
                // Nobody is left to be told that standard error is closed.
                let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
                line.clone_into(&mut self.last.borrow_mut());
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::recorded;

    fn until(phase: &str, generation: u64) -> Until<'_> {
        Until { phase, generation, timeout: Duration::from_secs(1) }
    }

    #[test]
    fn the_phase_before_a_command_does_not_count() {
        let ready = recorded::sandbox("ready");
        assert_eq!(verdict(&ready, until("ready", ready.generation)), Verdict::There);
        assert_eq!(verdict(&ready, until("ready", ready.generation + 1)), Verdict::OnItsWay);
    }

    #[test]
    fn a_dead_end_is_told_at_once() {
        let failed = recorded::sandbox("failed");
        assert_eq!(verdict(&failed, until("ready", failed.generation)), Verdict::Never);
        assert_eq!(verdict(&failed, until("failed", failed.generation)), Verdict::There);
        let stopped = Sandbox { wanted: "stopped".into(), ..recorded::sandbox("stopped") };
        assert_eq!(verdict(&stopped, until("ready", stopped.generation)), Verdict::Never);
    }
}
