//! What to do next about one sandbox: pure and total. The jobrunner carries out whatever this says.

mod phases;

use std::collections::BTreeMap;

use crate::cause::Cause;
use crate::id::MachineName;
use crate::phase::Phase;
use crate::provider::{Exit, Inventory, Kind, Resource, ResourceId};
use crate::sandbox::{Machine, Sandbox};
use crate::template::Template;
use crate::time::Timestamp;

/// Failed tries of one run after which the sandbox fails.
pub const ATTEMPTS_MAX: u32 = 3;
/// A run that was ready for this long starts counting its tries anew, in seconds.
pub const SETTLED_AFTER_S: u64 = 300;

/// What was seen of a sandbox just now.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Its resources out of a complete list; none when there is no fresh one, and then nothing is concluded.
    pub listed: Option<Inventory>,
    /// The latest probe of each machine's present incarnation, through its agent.
    pub probes: BTreeMap<MachineName, Probe>,
}

/// What a probe through the agent found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The readiness condition holds.
    Passed,
    /// It does not hold yet, or the agent does not answer yet.
    NotYet,
    /// The main command ended.
    Exited(Exit),
}

/// One step. Each is stored as a compare-and-set on term, generation and revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is as it should be, or only a person or another tick can move it.
    Nothing,
    /// Look again when something changes, at the latest then.
    WaitUntil(Timestamp),
    /// Record why it waits, or that the reason is gone; the phase stays.
    Explain(Option<Cause>),
    /// Record another phase.
    Move {
        /// The phase; the matrix allows it.
        to: Phase,
        /// Why, when there is something to say.
        cause: Option<Cause>,
    },
    /// Store new incarnations of these machines, then ask the provider for them.
    Create(Vec<MachineName>),
    /// Ask the provider again for these: whether the last call did it is not known.
    Ensure(Vec<MachineName>),
    /// Store that the present incarnations of these are given up, and count a failed try.
    Retire {
        /// Which machines.
        machines: Vec<MachineName>,
        /// Why.
        cause: Cause,
    },
    /// Ask the provider to remove these.
    Delete(Vec<ResourceId>),
    /// Personalise the first machine.
    Bind,
}

/// The next step for a sandbox.
#[must_use]
pub fn plan(sandbox: &Sandbox, template: &Template, seen: &Observations, now: Timestamp) -> Step {
    phases::View { sandbox, template, seen, now }.step()
}

/// The resource of a machine's present incarnation, unless the row says it is given up.
#[must_use]
pub fn current<'a>(machine: &Machine, inventory: &'a Inventory) -> Option<&'a Resource> {
    inventory.resources.iter().find(|resource| !machine.retired && is_of(resource, machine))
}

/// Whether a resource is of the incarnation that a machine's row names, given up or not.
pub(crate) fn is_of(resource: &Resource, machine: &Machine) -> bool {
    resource.kind == Kind::Machine
        && resource.tags.machine == machine.name
        && resource.tags.incarnation == machine.incarnation
}

#[cfg(test)]
mod tests;
