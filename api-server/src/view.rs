//! How stored things look in the API: the JSON shapes of api.md.

mod cause;
mod event;
mod page;
mod sandbox;
mod template;
mod tenant;

pub(crate) use cause::{CauseSlug, CauseView, TextView};
pub(crate) use event::EventView;
pub(crate) use page::Listed;
pub(crate) use sandbox::{QueueView, SandboxView};
pub(crate) use template::TemplateView;
pub(crate) use tenant::{QuotaView, ResourcesView, TenantView};
