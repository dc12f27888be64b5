//! A sandbox as stored: what is wanted (intent) and what was seen (status), two types with two writers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cause::Cause;
use crate::id::{
    ClassId, LabelKey, LabelValue, MachineName, OwnerId, Ref, SandboxId, TemplateName, TemplateVersion,
    TenantId,
};
use crate::phase::{Phase, Wanted};
use crate::provider::{Address, BatchId, ResourceId};
use crate::template::Template;
use crate::time::Timestamp;

/// One sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// What is wanted; written by the API and the policy ticks.
    pub intent: Intent,
    /// What was seen; written by the jobrunner alone.
    pub status: Status,
}

/// A template's name and one of its versions, written `name@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TemplateRef {
    /// The template.
    pub name: TemplateName,
    /// The version, resolved once at create or reset.
    pub version: TemplateVersion,
}

impl std::fmt::Display for TemplateRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// What is wanted of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The region's id.
    pub id: SandboxId,
    /// The caller's own name.
    pub r#ref: Ref,
    /// The school.
    pub tenant: TenantId,
    /// Who it is for.
    pub owner: OwnerId,
    /// The class it belongs to, if any.
    pub class_id: Option<ClassId>,
    /// What it is made from.
    pub template: TemplateRef,
    /// The caller's labels.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// What `bind` finds as files.
    pub parameters: BTreeMap<String, Value>,
    /// Running, stopped or deleted.
    pub wanted: Wanted,
    /// Raised by each command.
    pub generation: u64,
    /// Raised by reset, change of owner and revocation; part of every cookie and token.
    pub access_epoch: u64,
    /// Raised by reset; machines of an earlier one are replaced, and so is the home.
    pub home_generation: u64,
    /// When the present run was asked for: create, start or reset.
    pub run_since: Timestamp,
    /// When the present run is stopped.
    pub expires_at: Timestamp,
    /// Beyond this the run cannot be extended.
    pub max_expires_at: Timestamp,
    /// Its end was announced, as it is minutes away; the warning of api.md.
    pub expires_soon: bool,
    /// Waiting in the queue ends then.
    pub queue_until: Option<Timestamp>,
    /// When it will be stopped for idleness, once that is near; the warning of api.md.
    pub idle_stop_at: Option<Timestamp>,
    /// Whether a visit may start it again while it is stopped.
    pub wakeable: bool,
    /// Why a policy stopped it (expired, idle), until it is started again.
    pub stop_cause: Option<Cause>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Intent {
    /// Takes back what people were warned of: it no longer comes.
    pub fn withdraw_warnings(&mut self) {
        self.expires_soon = false;
        self.idle_stop_at = None;
    }
}

/// What was seen of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where it is on its way.
    pub phase: Phase,
    /// Since when.
    pub phase_since: Timestamp,
    /// The generation that has been reached or is being worked on.
    pub observed_generation: u64,
    /// Why it waits or failed.
    pub cause: Option<Cause>,
    /// When it first entered the queue for the present run: its place.
    pub queued_at: Option<Timestamp>,
    /// Failed tries of the present run.
    pub attempts: u32,
    /// No new try before then.
    pub next_attempt_at: Option<Timestamp>,
    /// When it last became ready.
    pub ready_at: Option<Timestamp>,
    /// The incarnation of the first machine for which `bind` has succeeded; 0 when none.
    pub bound_incarnation: u64,
    /// One row for each machine of the template, in its order.
    pub machines: Vec<Machine>,
    /// Raised by each write of the jobrunner: what compare-and-set compares.
    pub revision: u64,
}

/// What is known of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name in the template.
    pub name: MachineName,
    /// Raised and stored before each creation; 0 before the first.
    pub incarnation: u64,
    /// From one counter of the store; stored before the creation.
    pub creation_number: u64,
    /// The home generation it was created for.
    pub home_generation: u64,
    /// Which batch asked the provider for it.
    pub batch: Option<BatchId>,
    /// When the provider was last about to be asked for it; stored before the call. None again once it is known that
    /// nothing was made.
    pub asked_at: Option<Timestamp>,
    /// When the provider is known to have accepted it; none while that is unknown.
    pub ensured_at: Option<Timestamp>,
    /// The provider's own id.
    pub resource: Option<ResourceId>,
    /// Where its agent listens.
    pub address: Option<Address>,
    /// Given up: whatever exists of this incarnation is removed before the next one is made.
    pub retired: bool,
}

impl Machine {
    /// A row before the first creation.
    #[must_use]
    pub const fn unborn(name: MachineName) -> Self {
        Self {
            name,
            incarnation: 0,
            creation_number: 0,
            home_generation: 0,
            batch: None,
            asked_at: None,
            ensured_at: None,
            resource: None,
            address: None,
            retired: false,
        }
    }

    /// Whether the last creation may still be on its way: neither answered nor seen. A new incarnation, or an end,
    /// must wait until that is known, for a call that arrives late would make a second machine.
    #[must_use]
    pub const fn is_unresolved(&self) -> bool {
        self.asked_at.is_some() && self.ensured_at.is_none()
    }

    /// Whether the next step for this machine is a new incarnation.
    #[must_use]
    pub const fn needs_creation(&self) -> bool {
        self.incarnation == 0 || self.retired
    }
}

impl Status {
    /// The status of a sandbox that was just created.
    #[must_use]
    pub fn queued(template: &Template, now: Timestamp) -> Self {
        Self {
            phase: Phase::Queued,
            phase_since: now,
            observed_generation: 0,
            cause: None,
            queued_at: Some(now),
            attempts: 0,
            next_attempt_at: None,
            ready_at: None,
            bound_incarnation: 0,
            machines: template.machines.iter().map(|machine| Machine::unborn(machine.name.clone())).collect(),
            revision: 1,
        }
    }

    /// The row of a machine.
    #[must_use]
    pub fn machine(&self, name: &MachineName) -> Option<&Machine> {
        self.machines.iter().find(|machine| &machine.name == name)
    }
}
