//! What each command makes of an intent; pure. A command that the jobrunner has to reach raises the generation,
//! unless it changes nothing.

use domain::cause::Cause;
use domain::phase::{Phase, Wanted};
use domain::sandbox::{Intent, Sandbox, TemplateRef};
use domain::template::Policy;
use domain::time::Timestamp;

use crate::error::Error;
use crate::usage;

/// A stop by command (no cause) or by policy. A stop of what is wanted stopped only changes whether it can be woken.
pub(super) fn stop(sandbox: &Sandbox, cause: Option<Cause>, wakeable: bool) -> Intent {
    let mut new = sandbox.intent.clone();
    if new.wanted == Wanted::Running {
        new.stop_cause = cause;
    }
    new.wanted = Wanted::Stopped;
    new.wakeable = wakeable;
    new.withdraw_warnings();
    raised(&sandbox.intent, new)
}

/// The next generation, if anything differs.
fn raised(old: &Intent, mut new: Intent) -> Intent {
    if new != *old {
        new.generation += 1;
    }
    new
}

/// A new run, unless it runs already or is on its way there.
pub(super) fn start(sandbox: &Sandbox, policy: &Policy, now: Timestamp) -> Intent {
    let mut new = sandbox.intent.clone();
    if new.wanted == Wanted::Running && usage::counts(sandbox) {
        return new;
    }
    new.wanted = Wanted::Running;
    new.generation += 1;
    begin_run(&mut new, policy, now);
    new
}

/// A new home; a new run too when it is wanted running.
pub(super) fn reset(sandbox: &Sandbox, template: TemplateRef, policy: &Policy, now: Timestamp) -> Intent {
    let mut new = sandbox.intent.clone();
    new.template = template;
    new.home_generation += 1;
    new.access_epoch += 1;
    if new.wanted == Wanted::Running {
        begin_run(&mut new, policy, now);
    }
    raised(&sandbox.intent, new)
}

fn begin_run(intent: &mut Intent, policy: &Policy, now: Timestamp) {
    intent.run_since = now;
    intent.expires_at = now.plus_s(policy.lifetime_s);
    intent.max_expires_at = now.plus_s(policy.max_lifetime_s);
    intent.queue_until = None;
    intent.withdraw_warnings();
    intent.wakeable = false;
    intent.stop_cause = None;
}

/// Another end of the present run.
pub(super) fn extend(sandbox: &Sandbox, until: Timestamp, now: Timestamp) -> Result<Intent, Error> {
    let mut new = sandbox.intent.clone();
    if new.wanted != Wanted::Running || sandbox.status.phase == Phase::Failed {
        return Err(Error::NotRunning);
    }
    if until <= now {
        return Err(Error::refused("expires_at", "the moment is past; name one in the future, or stop it"));
    }
    new.expires_at = until.min(new.max_expires_at);
    new.idle_stop_at = None;
    new.expires_soon &= new.expires_at == sandbox.intent.expires_at;
    Ok(raised(&sandbox.intent, new))
}

/// Nothing is wanted any more.
pub(super) fn delete(sandbox: &Sandbox) -> Intent {
    let mut new = sandbox.intent.clone();
    new.wanted = Wanted::Deleted;
    new.withdraw_warnings();
    new.wakeable = false;
    raised(&sandbox.intent, new)
}

/// Another access epoch.
pub(super) fn revoke_access(sandbox: &Sandbox) -> Intent {
    let mut new = sandbox.intent.clone();
    new.access_epoch += 1;
    new
}

/// Names of the fields that differ, as the API calls them.
pub(super) fn changed(old: &Intent, new: &Intent) -> Vec<&'static str> {
    let fields = [
        ("template", old.template != new.template),
        ("wanted", old.wanted != new.wanted),
        ("generation", old.generation != new.generation),
        ("access_epoch", old.access_epoch != new.access_epoch),
        ("home_generation", old.home_generation != new.home_generation),
        ("expires_at", old.expires_at != new.expires_at),
        ("expires_soon", old.expires_soon != new.expires_soon),
        ("queue_until", old.queue_until != new.queue_until),
        ("idle_stop_at", old.idle_stop_at != new.idle_stop_at),
        ("wakeable", old.wakeable != new.wakeable),
        ("cause", old.stop_cause != new.stop_cause),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
