//! From a stored sandbox to what the API shows: its template's apps, and its place if it waits.

use std::sync::Arc;

use domain::id::SandboxId;
use domain::phase::{Phase, Wanted};
use domain::sandbox::{Sandbox, TemplateRef};
use domain::template::Template;
use store::log;

use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Kind, Problem};
use crate::view::{EventView, SandboxView};

impl Api {
    /// The template of a sandbox; from memory after its first use.
    pub(crate) async fn template(&self, of: &TemplateRef) -> Result<Arc<Template>, Problem> {
        let stored = self.store.templates().get(&of.name, Some(&of.version)).await;
        Ok(stored.map_err(|error| Problem::stored(error, Kind::TemplateNotFound))?.template)
    }

    /// A sandbox as the API shows it.
    pub(crate) async fn show(&self, sandbox: &Sandbox) -> Result<SandboxView, Problem> {
        let template = self.template(&sandbox.intent.template).await?;
        self.show_with(sandbox, &template).await
    }

    /// The same when its template is at hand.
    pub(crate) async fn show_with(
        &self,
        sandbox: &Sandbox,
        template: &Template,
    ) -> Result<SandboxView, Problem> {
        let mut view = SandboxView::new(sandbox, template, &self.urls);
        if sandbox.status.phase == Phase::Queued && sandbox.intent.wanted == Wanted::Running {
            let (id, tenant) = (&sandbox.intent.id, &sandbox.intent.tenant);
            view.queue = self.queue.place(&self.store, self.clock.now(), (id, tenant)).await?;
        }
        Ok(view)
    }

    /// An entry of the log as the API shows it.
    pub(crate) async fn show_event(&self, entry: log::Entry) -> Result<EventView, Problem> {
        let template = match &entry.sandbox {
            Some(sandbox) => Some(self.template(&sandbox.intent.template).await?),
            None => None,
        };
        Ok(EventView::new(entry, template.as_deref(), &self.urls))
    }

    /// A sandbox that the caller may see.
    pub(crate) async fn sandbox(&self, caller: &Caller, id: &SandboxId) -> Result<Sandbox, Problem> {
        caller.own(self.store.sandboxes().get(id).await?)
    }
}
