//! The plan, phase by phase.

use super::{ATTEMPTS_MAX, Observations, Probe, Step, current, is_of};
use crate::cause::{Cause, Code};
use crate::id::MachineName;
use crate::phase::{Phase, Wanted};
use crate::provider::{Exit, Inventory, Kind, ResourceId, State, Wait};
use crate::sandbox::{Machine, Sandbox};
use crate::template::Template;
use crate::time::Timestamp;

/// How long a failed probe waits for the next, at the latest, in milliseconds.
const PROBE_INTERVAL_MS: u64 = 250;

/// Everything a decision may look at.
pub(super) struct View<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) template: &'a Template,
    pub(super) seen: &'a Observations,
    pub(super) now: Timestamp,
}

impl View<'_> {
    pub(super) fn step(&self) -> Step {
        let phase = self.sandbox.status.phase;
        if self.sandbox.intent.wanted == Wanted::Deleted && phase.may_become(Phase::Deleting) {
            return to(Phase::Deleting);
        }
        if self.answers_again() {
            return Step::Explain(None);
        }
        match phase {
            Phase::Queued => self.queued(),
            Phase::Provisioning => self.provisioning(),
            Phase::Starting => self.starting(),
            Phase::Ready => self.ready(),
            Phase::Stopping => self.removing(Phase::Stopped),
            Phase::Deleting => self.removing(Phase::Deleted),
            Phase::Stopped => self.stopped(),
            Phase::Failed => self.failed(),
            Phase::Deleted => Step::Nothing,
        }
    }

    fn queued(&self) -> Step {
        match self.sandbox.intent.wanted {
            Wanted::Stopped => self.stop_to(Phase::Stopped),
            Wanted::Running if self.seen.listed.is_none() => self.no_answer(),
            // Only the admission tick admits; what a former run left is removed meanwhile.
            Wanted::Running | Wanted::Deleted => self.remove_leftovers().unwrap_or(Step::Nothing),
        }
    }

    /// Without a fresh list nothing is concluded; who waits is told so.
    fn no_answer(&self) -> Step {
        self.explain(&Code::ProviderUnavailable.into()).unwrap_or(Step::Nothing)
    }

    /// What people were told while there was no list holds no more. A machine that could not be asked for has the same
    /// cause, and keeps it until the next try; in the queue nothing is asked for.
    fn answers_again(&self) -> bool {
        const SILENT: Code = Code::ProviderUnavailable;
        let Some(listed) = &self.seen.listed else { return false };
        let status = &self.sandbox.status;
        status.cause.as_ref().is_some_and(|cause| cause.code == SILENT)
            && (status.next_attempt_at.is_none() || status.phase == Phase::Queued)
            && !matches!(status.phase, Phase::Failed | Phase::Stopped)
            && self.waits_for(listed).is_none_or(|wait| wait.code != SILENT)
    }

    /// The step that tells people why it waits, unless they were told already: as much, or more.
    fn explain(&self, wait: &Wait) -> Option<Step> {
        let says =
            |cause: &Cause| cause.code == wait.code && (wait.detail.is_none() || cause.detail == wait.detail);
        let is_told = self.sandbox.status.cause.as_ref().is_some_and(says);
        (!is_told).then(|| Step::Explain(Some(self.waiting(wait))))
    }

    fn provisioning(&self) -> Step {
        if self.must_stop() {
            return self.stop_to(Phase::Stopping);
        }
        let Some(listed) = &self.seen.listed else { return self.no_answer() };
        if let Some(step) = self.remove_leftovers() {
            return step;
        }
        if let Some(retire) = self.broken(listed) {
            return retire;
        }
        if let Some(at) = self.sandbox.status.next_attempt_at.filter(|at| *at > self.now) {
            return Step::WaitUntil(at);
        }
        if let Some(ask) = self.ask_what_is_unknown(listed) {
            return ask;
        }
        let unborn = self.names(Machine::needs_creation);
        if !unborn.is_empty() {
            return Step::Create(unborn);
        }
        if self.all_run(listed) { to(Phase::Starting) } else { self.wait_for_start(listed) }
    }

    fn starting(&self) -> Step {
        if self.must_stop() {
            return self.stop_to(Phase::Stopping);
        }
        let Some(listed) = &self.seen.listed else { return self.no_answer() };
        if let Some(cause) = self.lost(listed) {
            return Step::Move { to: Phase::Provisioning, cause: Some(cause) };
        }
        if !self.all(|machine| self.seen.probes.get(&machine.name) == Some(&Probe::Passed)) {
            let again = self.now + std::time::Duration::from_millis(PROBE_INTERVAL_MS);
            return self.too_late().unwrap_or(Step::WaitUntil(again));
        }
        if self.needs_bind() {
            return match self.sandbox.status.next_attempt_at.filter(|at| *at > self.now) {
                Some(at) => Step::WaitUntil(at),
                None => Step::Bind,
            };
        }
        to(Phase::Ready)
    }

    fn ready(&self) -> Step {
        if self.must_stop() {
            return self.stop_to(Phase::Stopping);
        }
        let Some(listed) = &self.seen.listed else { return Step::Nothing };
        match self.lost(listed) {
            Some(cause) => Step::Move { to: Phase::Provisioning, cause: Some(cause) },
            None => Step::Nothing,
        }
    }

    /// Stopping and deleting: every machine must be gone, by a list that began after the last creation.
    fn removing(&self, then: Phase) -> Step {
        let Some(listed) = &self.seen.listed else { return self.no_answer() };
        let there = deletable(listed);
        if !there.is_empty() {
            return Step::Delete(there);
        }
        let still_going = listed.resources.iter().any(|resource| resource.kind == Kind::Machine);
        if still_going {
            return Step::Nothing;
        }
        if let Some(at) = self.sandbox.status.next_attempt_at.filter(|at| *at > self.now) {
            return Step::WaitUntil(at);
        }
        if let Some(ask) = self.ask_what_is_unknown(listed) {
            return ask;
        }
        if !self.all(|machine| machine.asked_at.is_none_or(|at| at < listed.as_of)) {
            return Step::Nothing;
        }
        match then {
            Phase::Stopped => self.stop_to(Phase::Stopped),
            _ => to(then),
        }
    }

    fn stopped(&self) -> Step {
        match self.sandbox.intent.wanted {
            Wanted::Running => to(Phase::Queued),
            Wanted::Stopped | Wanted::Deleted => self.remove_leftovers().unwrap_or(Step::Nothing),
        }
    }

    fn failed(&self) -> Step {
        if let Some(listed) = &self.seen.listed {
            let there = deletable(listed);
            if !there.is_empty() {
                return Step::Delete(there);
            }
        }
        match self.sandbox.intent.wanted {
            Wanted::Stopped => self.stop_to(Phase::Stopped),
            Wanted::Running if self.sandbox.intent.generation > self.sandbox.status.observed_generation => {
                to(Phase::Queued)
            }
            Wanted::Running | Wanted::Deleted => Step::Nothing,
        }
    }

    /// Stopped by command or policy, or reset since the machines were made.
    fn must_stop(&self) -> bool {
        let intent = &self.sandbox.intent;
        let outdated =
            |machine: &Machine| machine.incarnation > 0 && machine.home_generation < intent.home_generation;
        intent.wanted != Wanted::Running
            || self.sandbox.status.machines.iter().any(|m| !m.retired && outdated(m))
    }

    /// What belongs to this sandbox and not to a present incarnation.
    fn remove_leftovers(&self) -> Option<Step> {
        let listed = self.seen.listed.as_ref()?;
        let is_current = |id: &ResourceId| {
            self.sandbox.status.phase.holds_machines()
                && self
                    .sandbox
                    .status
                    .machines
                    .iter()
                    .any(|m| current(m, listed).is_some_and(|r| &r.id == id))
        };
        let machines = || listed.resources.iter().filter(|resource| resource.kind == Kind::Machine);
        let left: Vec<_> = machines()
            .filter(|r| r.state != State::Deleting && !is_current(&r.id))
            .map(|r| r.id.clone())
            .collect();
        if !left.is_empty() {
            return Some(Step::Delete(left));
        }
        let going = machines().any(|resource| !is_current(&resource.id));
        going.then_some(Step::Nothing)
    }

    /// Asks again for what may still be on its way, under the same incarnation, until the outcome is known.
    fn ask_what_is_unknown(&self, listed: &Inventory) -> Option<Step> {
        let is_listed = |row: &Machine| listed.resources.iter().any(|resource| is_of(resource, row));
        let unknown = self.names(|machine| machine.is_unresolved() && !is_listed(machine));
        (!unknown.is_empty()).then_some(Step::Ensure(unknown))
    }

    /// Machines that ended, vanished or came too late, as one failed try.
    fn broken(&self, listed: &Inventory) -> Option<Step> {
        let lost = self.lost(listed).map(|cause| self.retire(cause));
        lost.or_else(|| self.too_late().map(unless_without_room))
    }

    /// Why a machine that should be there no longer works.
    fn lost(&self, listed: &Inventory) -> Option<Cause> {
        self.sandbox.status.machines.iter().filter(|machine| !machine.needs_creation()).find_map(|machine| {
            if let Some(Probe::Exited(exit)) = self.seen.probes.get(&machine.name) {
                return Some(self.exited(exit));
            }
            match current(machine, listed).map(|resource| &resource.state) {
                Some(State::Exited(exit)) => Some(self.exited(exit)),
                Some(State::Pending(_) | State::Running) => None,
                Some(State::Deleting) => Some(self.cause(Code::MachineLost)),
                None => {
                    let must_show = machine.ensured_at.is_some_and(|at| at < listed.as_of);
                    must_show.then(|| self.cause(Code::MachineLost))
                }
            }
        })
    }

    fn exited(&self, exit: &Exit) -> Cause {
        let detail = match (exit.exit_code, exit.signal) {
            (_, Some(signal)) => format!("signal {signal}"),
            (Some(code), None) => format!("exit code {code}"),
            (None, None) => "ended".to_owned(),
        };
        let mut cause = self.cause(exit.cause.unwrap_or(Code::MachineExited)).with_detail(detail);
        cause.last_lines.clone_from(&exit.last_lines);
        cause
    }

    fn too_late(&self) -> Option<Step> {
        let began = self.started_at()?;
        if self.sandbox.status.machines.iter().any(Machine::is_unresolved) {
            return None;
        }
        let late = self.now >= began.plus_s(self.template.start_deadline_s());
        // "The image is missing" says more than "too late".
        let wait = self.seen.listed.as_ref().and_then(|listed| self.waits_for(listed));
        let cause = || wait.map_or_else(|| self.cause(Code::StartTimedOut), |wait| self.waiting(wait));
        late.then(|| self.retire(cause()))
    }

    fn started_at(&self) -> Option<Timestamp> {
        let live = self.sandbox.status.machines.iter().filter(|machine| !machine.needs_creation());
        live.filter_map(|machine| machine.asked_at).max()
    }

    /// People are told what the provider says that it waits for, as often as that changes.
    fn wait_for_start(&self, listed: &Inventory) -> Step {
        if let Some(told) = self.waits_for(listed).and_then(|wait| self.explain(wait)) {
            return told;
        }
        self.started_at()
            .map_or(Step::Nothing, |began| Step::WaitUntil(began.plus_s(self.template.start_deadline_s())))
    }

    fn waits_for<'a>(&self, listed: &'a Inventory) -> Option<&'a Wait> {
        let states =
            self.sandbox.status.machines.iter().filter_map(|machine| Some(&current(machine, listed)?.state));
        states.filter_map(|state| if let State::Pending(wait) = state { wait.as_ref() } else { None }).next()
    }

    fn retire(&self, cause: Cause) -> Step {
        if self.sandbox.status.attempts + 1 >= ATTEMPTS_MAX {
            return Step::Move { to: Phase::Failed, cause: Some(cause) };
        }
        Step::Retire { machines: self.names(|machine| !machine.needs_creation()), cause }
    }

    fn needs_bind(&self) -> bool {
        let first = self.sandbox.status.machines.first().map_or(0, |machine| machine.incarnation);
        self.template.bind.is_some() && self.sandbox.status.bound_incarnation != first
    }

    fn all_run(&self, listed: &Inventory) -> bool {
        self.all(|machine| {
            current(machine, listed).is_some_and(|r| r.state == State::Running && r.address.is_some())
        })
    }

    fn all(&self, holds: impl Fn(&Machine) -> bool) -> bool {
        self.sandbox.status.machines.iter().all(holds)
    }

    fn names(&self, chosen: impl Fn(&Machine) -> bool) -> Vec<MachineName> {
        self.sandbox.status.machines.iter().filter(|m| chosen(m)).map(|m| m.name.clone()).collect()
    }

    fn cause(&self, code: Code) -> Cause {
        Cause::new(code, self.sandbox.status.phase, self.now)
    }

    /// What is known of the next try stays: the pauses between tries grow out of it.
    fn waiting(&self, wait: &Wait) -> Cause {
        let told = self.sandbox.status.cause.as_ref().filter(|told| told.code == wait.code);
        let retry_after_s = told.and_then(|told| told.retry_after_s);
        Cause { detail: wait.detail.clone(), retry_after_s, ..self.cause(wait.code) }
    }

    /// Going down, with the policy's reason when there is one.
    fn stop_to(&self, phase: Phase) -> Step {
        Step::Move { to: phase, cause: self.sandbox.intent.stop_cause.clone() }
    }
}

fn to(phase: Phase) -> Step {
    Step::Move { to: phase, cause: None }
}

/// No room until the deadline is no failure: it waits in its place.
fn unless_without_room(step: Step) -> Step {
    match step {
        Step::Retire { cause, .. } | Step::Move { to: Phase::Failed, cause: Some(cause) }
            if cause.code == Code::NoCapacity =>
        {
            Step::Move { to: Phase::Queued, cause: Some(cause) }
        }
        other => other,
    }
}

fn deletable(listed: &Inventory) -> Vec<ResourceId> {
    let machines = listed.resources.iter().filter(|resource| resource.kind == Kind::Machine);
    machines
        .filter(|resource| resource.state != State::Deleting)
        .map(|resource| resource.id.clone())
        .collect()
}
