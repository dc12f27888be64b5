//! The one object that create, get, list and events carry.

use std::collections::BTreeMap;

use domain::id::{AppName, ClassId, LabelKey, LabelValue, OwnerId, Ref, SandboxId, TenantId};
use domain::phase::{Phase, Wanted};
use domain::sandbox::Sandbox;
use domain::template::{App, Template};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::CauseView;
use crate::urls::Urls;

/// A sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Sandbox)]
pub(crate) struct SandboxView {
    /// The region's id; stays the same over stop, start and reset.
    #[schema(value_type = String, examples("bj-abcdefghij234567"))]
    pub(crate) id: SandboxId,
    /// The caller's own name for it.
    #[schema(value_type = String)]
    pub(crate) r#ref: Ref,
    /// The template with its version, `name@sha256:…`.
    pub(crate) template: String,
    /// The school.
    #[schema(value_type = String)]
    pub(crate) tenant: TenantId,
    /// Who it is for.
    #[schema(value_type = String)]
    pub(crate) owner: OwnerId,
    /// The class it belongs to.
    #[schema(value_type = Option<String>)]
    pub(crate) class_id: Option<ClassId>,
    /// The caller's labels.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// What is wanted: `running`, `stopped` or `deleted`.
    #[schema(value_type = String)]
    pub(crate) wanted: Wanted,
    /// Where it is: `queued`, `provisioning`, `starting`, `ready`, `stopping`, `stopped`, `deleting`, `deleted`
    /// or `failed`.
    #[schema(value_type = String)]
    pub(crate) phase: Phase,
    /// Raised by each command.
    pub(crate) generation: u64,
    /// The generation that has been reached or is being worked on.
    pub(crate) observed_generation: u64,
    /// Why it waits, failed or was stopped.
    pub(crate) cause: Option<CauseView>,
    /// Its place while it is queued; null in events, as places are computed when read.
    pub(crate) queue: Option<QueueView>,
    /// The ways in.
    pub(crate) apps: Vec<AppView>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// When it last became ready.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ready_at: Option<Timestamp>,
    /// When the present run is stopped.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
    /// Beyond this it can't be extended.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) max_expires_at: Timestamp,
    /// Whether `expires_at` is less than five minutes away; an event tells when that begins.
    pub(crate) expires_soon: bool,
    /// When it will be stopped for idleness, once that is near.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) idle_stop_at: Option<Timestamp>,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueView {
    /// From 1.
    pub(crate) place: u64,
    /// Seconds until its turn, as a range; null while nothing tells.
    #[schema(value_type = Option<Vec<u64>>)]
    pub(crate) estimate_s: Option<(u64, u64)>,
}

/// One way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = App)]
pub(crate) struct AppView {
    /// Its name.
    #[schema(value_type = String)]
    pub(crate) name: AppName,
    /// `http`, `terminal`, `desktop` or `tcp`.
    pub(crate) kind: &'static str,
    /// Its stable address; null for `tcp`. It opens with a ticket from `access` first.
    pub(crate) url: Option<String>,
    /// Its ports, first and last, when it has a range; each has a host of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u16>>)]
    pub(crate) ports: Option<(u16, u16)>,
}

impl SandboxView {
    /// A sandbox as the API shows it.
    pub(crate) fn new(sandbox: &Sandbox, template: &Template, urls: &Urls) -> Self {
        let Sandbox { intent, status } = sandbox;
        let cause = status.cause.as_ref().or(intent.stop_cause.as_ref());
        let apps = template.machines.iter().flat_map(|machine| &machine.apps);
        Self {
            id: intent.id.clone(),
            r#ref: intent.r#ref.clone(),
            template: intent.template.to_string(),
            tenant: intent.tenant.clone(),
            owner: intent.owner.clone(),
            class_id: intent.class_id.clone(),
            labels: intent.labels.clone(),
            wanted: intent.wanted,
            phase: status.phase,
            generation: intent.generation,
            observed_generation: status.observed_generation,
            cause: cause.map(Into::into),
            queue: None,
            apps: apps.map(|app| AppView::new(&intent.id, app, urls)).collect(),
            created_at: intent.created_at,
            ready_at: status.ready_at,
            expires_at: intent.expires_at,
            max_expires_at: intent.max_expires_at,
            expires_soon: intent.expires_soon,
            idle_stop_at: intent.idle_stop_at,
        }
    }
}

impl AppView {
    fn new(sandbox: &SandboxId, app: &App, urls: &Urls) -> Self {
        let url = urls.app(sandbox, app);
        Self { name: app.name.clone(), kind: app.kind.as_str(), url, ports: app.ports }
    }
}
