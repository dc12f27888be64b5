//! What admission remembers of the line for one kind of machine: enough not to ask in vain. It is lost with the
//! process, whose successor then waits for the ends of pauses.

use domain::id::SandboxId;
use domain::phase::Phase;
use domain::queue::Entry;
use domain::resources::Resources;
use domain::sandbox::{Machine, Sandbox};
use domain::time::Timestamp;

/// How long the answer to one that is tried again is waited for, in seconds.
const ANSWER_MAX_S: u64 = 30;

/// One line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What was free when somebody was last admitted.
    free_then: Option<Resources>,
    /// Who was admitted again after a refusal, until it is answered.
    again: Option<SandboxId>,
}

impl Line {
    /// Whether one that was refused before is being tried again: until that is answered, trying others tells nothing
    /// new. A provider that does not answer holds up nobody for long.
    pub(super) fn awaits_an_answer(&mut self, live: &[Sandbox], now: Timestamp) -> bool {
        let again = self.again.as_ref();
        let tried = again.and_then(|id| live.iter().find(|sandbox| &sandbox.intent.id == id));
        let awaits = tried.is_some_and(|sandbox| {
            let status = &sandbox.status;
            let is_asked_for = |row: &Machine| row.ensured_at.is_none() || row.retired;
            status.phase == Phase::Provisioning
                && status.next_attempt_at.is_none()
                && now < status.phase_since.plus_s(ANSWER_MAX_S)
                && status.machines.iter().any(is_asked_for)
        });
        if !awaits {
            self.again = None;
        }
        awaits
    }

    /// Whether something is free that was not at the last try.
    pub(super) fn is_better(&self, free: Resources) -> bool {
        self.free_then.is_some_and(|then| !free.fits(then))
    }

    /// Notes who was admitted while this was free.
    pub(super) fn tried(&mut self, admitted: &[&Entry], free: Resources) {
        let Some(last) = admitted.last() else { return };
        self.free_then = Some(free);
        self.again = last.was_refused().then(|| last.sandbox.clone());
    }
}
