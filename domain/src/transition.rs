//! What a step makes of a status: pure, so that every writer records the same thing.

use std::time::Duration;

use crate::cause::{Cause, Code};
use crate::id::MachineName;
use crate::phase::Phase;
use crate::plan::{SETTLED_AFTER_S, current, is_of};
use crate::provider::{BatchId, Error, Inventory, ResourceId};
use crate::sandbox::{Machine, Sandbox, Status};
use crate::time::Timestamp;

/// First wait after a failed try, in milliseconds; it doubles with each further one.
const BACKOFF_FIRST_MS: u64 = 500;
/// Longest wait between tries, in milliseconds.
const BACKOFF_MOST_MS: u64 = 30_000;

/// First pause in the queue after the provider had no room, in seconds; it doubles with each further refusal.
const REFUSED_PAUSE_FIRST_S: u64 = 1;
/// Longest pause in the queue, in seconds: whoever comes after waits for the one that pauses.
pub const REFUSED_PAUSE_MOST_S: u64 = 10;

/// The wait before the next try: exponential, the upper half of it random (`jitter`).
#[must_use]
pub fn backoff(attempts: u32, jitter: u64) -> Duration {
    let full = BACKOFF_FIRST_MS.saturating_mul(1 << attempts.min(16)).min(BACKOFF_MOST_MS);
    Duration::from_millis(full / 2 + jitter % (full / 2 + 1))
}

/// The status after a move to another phase.
#[must_use]
pub fn moved(sandbox: &Sandbox, to: Phase, cause: Option<Cause>, now: Timestamp) -> Status {
    let from = &sandbox.status;
    let mut status = Status { phase: to, phase_since: now, cause, next_attempt_at: None, ..from.clone() };
    status.observed_generation = sandbox.intent.generation;
    match to {
        Phase::Queued => {
            let keeps_its_place = from.phase == Phase::Provisioning;
            status.queued_at = if keeps_its_place { from.queued_at } else { Some(now) };
            status.machines.iter_mut().for_each(give_up);
            if keeps_its_place {
                pause(&mut status, from.cause.as_ref(), now);
            } else {
                status.attempts = 0;
            }
        }
        Phase::Provisioning => {
            let settled = from.phase == Phase::Ready
                && from.ready_at.is_some_and(|at| now >= at.plus_s(SETTLED_AFTER_S));
            if settled {
                status.attempts = 0;
            }
        }
        Phase::Ready => status.ready_at = Some(now),
        Phase::Stopped | Phase::Failed | Phase::Deleted => {
            status.machines.iter_mut().for_each(give_up);
            status.queued_at = None;
            status.bound_incarnation = 0;
        }
        Phase::Starting | Phase::Stopping | Phase::Deleting => {}
    }
    status
}

/// The status once admitted from the queue. One that comes again after a refusal keeps its cause until the provider
/// has answered: people read it meanwhile, and the next pause grows out of it.
#[must_use]
pub fn admitted(sandbox: &Sandbox, now: Timestamp) -> Status {
    let was_refused = sandbox.status.next_attempt_at.is_some();
    let refusal = sandbox.status.cause.clone().filter(|cause| was_refused && cause.code == Code::NoCapacity);
    moved(sandbox, Phase::Provisioning, refusal, now)
}

/// Sets when admission tries again after a refusal; `last` is what was known before it.
fn pause(status: &mut Status, last: Option<&Cause>, now: Timestamp) {
    let last = last.filter(|cause| cause.code == Code::NoCapacity).and_then(|cause| cause.retry_after_s);
    let pause_s = last.map_or(REFUSED_PAUSE_FIRST_S, |last| last.saturating_mul(2));
    let pause_s = pause_s.clamp(REFUSED_PAUSE_FIRST_S, REFUSED_PAUSE_MOST_S);
    status.next_attempt_at = Some(now.plus_s(pause_s));
    if let Some(cause) = &mut status.cause {
        cause.retry_after_s = Some(pause_s);
    }
}

fn give_up(machine: &mut Machine) {
    machine.retired = machine.incarnation > 0;
    machine.resource = None;
    machine.address = None;
}

/// The status once ids, addresses and lost answers are known from a list.
#[must_use]
pub fn located(mut status: Status, listed: &Inventory) -> Status {
    for machine in &mut status.machines {
        if listed.resources.iter().any(|resource| is_of(resource, machine)) {
            // An answer that was lost is found out by looking: it was accepted when it was asked for.
            machine.ensured_at = machine.ensured_at.or(machine.asked_at);
        }
        if let Some(resource) = current(machine, listed) {
            (machine.resource, machine.address) = (Some(resource.id.clone()), resource.address.clone());
        }
    }
    status
}

/// The status with new incarnations of `names`, to be stored before the provider is asked for them.
/// `first` is the first of as many creation numbers.
#[must_use]
pub fn created(sandbox: &Sandbox, names: &[MachineName], first: u64, now: Timestamp) -> Status {
    let mut status = sandbox.status.clone();
    status.observed_generation = sandbox.intent.generation;
    status.next_attempt_at = None;
    let chosen = status.machines.iter_mut().filter(|machine| names.contains(&machine.name));
    for (machine, creation_number) in chosen.zip(first..) {
        let incarnation = machine.incarnation + 1;
        let batch = BatchId { id: format!("{}-{creation_number}", sandbox.intent.id), attempt: 1 };
        *machine = Machine {
            incarnation,
            creation_number,
            home_generation: sandbox.intent.home_generation,
            batch: Some(batch),
            asked_at: Some(now),
            ..Machine::unborn(machine.name.clone())
        };
    }
    status
}

/// The status before the provider is asked again for `names`.
#[must_use]
pub fn asked_again(status: &Status, names: &[MachineName], now: Timestamp) -> Status {
    let mut status = status.clone();
    for machine in status.machines.iter_mut().filter(|machine| names.contains(&machine.name)) {
        machine.asked_at = Some(now);
    }
    status
}

/// The status after a failed try: the machines' present incarnations are given up.
#[must_use]
pub fn retired(
    sandbox: &Sandbox,
    names: &[MachineName],
    cause: Cause,
    now: Timestamp,
    jitter: u64,
) -> Status {
    let mut status = moved(sandbox, Phase::Provisioning, None, now);
    if sandbox.status.phase == Phase::Provisioning {
        status.phase_since = sandbox.status.phase_since;
    }
    let wait = backoff(sandbox.status.attempts, jitter);
    status.attempts = sandbox.status.attempts + 1;
    status.next_attempt_at = Some(now + wait);
    status.cause = Some(Cause { retry_after_s: Some(wait.as_secs()), ..cause });
    status.machines.iter_mut().filter(|machine| names.contains(&machine.name)).for_each(give_up);
    status
}

/// The status after the provider's answers, one for each of `names`. A refusal for good, or no room, moves the whole
/// sandbox; an unknown outcome is asked again under the same incarnation.
#[must_use]
pub fn answered(
    sandbox: &Sandbox,
    names: &[MachineName],
    answers: &[Result<ResourceId, Error>],
    now: Timestamp,
    jitter: u64,
) -> Status {
    let stage = sandbox.status.phase;
    let mut status = sandbox.status.clone();
    let mut only_learned = stage != Phase::Provisioning;
    for (name, answer) in names.iter().zip(answers) {
        let Some(machine) = status.machines.iter_mut().find(|machine| &machine.name == name) else {
            continue;
        };
        only_learned |= machine.retired;
        learn(machine, answer, now);
    }
    let Some(error) = answers.iter().find_map(|answer| answer.as_ref().err()) else {
        return Status { cause: if only_learned { status.cause } else { None }, ..status };
    };
    let tells = matches!(error, Error::NoCapacity { .. } | Error::Rejected { .. });
    if only_learned && tells {
        return status;
    }
    let partly = Sandbox { intent: sandbox.intent.clone(), status };
    match error {
        Error::NoCapacity { detail } => {
            let cause = Cause { detail: detail.clone(), ..Cause::new(Code::NoCapacity, stage, now) };
            moved(&partly, Phase::Queued, Some(cause), now)
        }
        Error::Rejected { code, detail } => moved(
            &partly,
            Phase::Failed,
            Some(Cause::new(*code, stage, now).with_detail(detail.as_str())),
            now,
        ),
        Error::Throttled { retry_after_s } => {
            let wait = retry_after_s.map_or_else(|| backoff(2, jitter), Duration::from_secs);
            waiting(partly.status, Cause::new(Code::ProviderThrottled, stage, now), now, wait)
        }
        Error::Unavailable { detail } => {
            let cause = Cause::new(Code::ProviderUnavailable, stage, now).with_detail(detail.as_str());
            waiting(partly.status, cause, now, backoff(1, jitter))
        }
    }
}

/// What an answer tells of one machine. A refusal says that nothing was made; silence says nothing.
fn learn(machine: &mut Machine, answer: &Result<ResourceId, Error>, now: Timestamp) {
    match answer {
        Ok(id) => {
            machine.ensured_at = Some(now);
            if !machine.retired {
                machine.resource = Some(id.clone());
            }
        }
        Err(Error::NoCapacity { .. } | Error::Rejected { .. }) => machine.asked_at = None,
        // This call made nothing, but an earlier one of the same attempt may have.
        Err(Error::Throttled { .. } | Error::Unavailable { .. }) => {}
    }
}

fn waiting(status: Status, cause: Cause, now: Timestamp, wait: Duration) -> Status {
    let cause = Cause { retry_after_s: Some(wait.as_secs()), ..cause };
    Status { cause: Some(cause), next_attempt_at: Some(now + wait), ..status }
}

#[cfg(test)]
mod tests;
