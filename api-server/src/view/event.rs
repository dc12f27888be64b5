//! One entry of the log as the API shows it.

use domain::template::Template;
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::log;
use utoipa::ToSchema;

use super::SandboxView;
use crate::urls::Urls;

/// An event. Delivered at least once; each carries the full state.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// Where it stands in the log, such as `E7.1042`: the `after` of what follows.
    pub(crate) position: String,
    /// `sandbox.created`, `sandbox.changed`, `sandbox.deleted`, `template.published` or `region.changed`.
    pub(crate) r#type: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// Names of the fields that changed.
    pub(crate) changed: Vec<String>,
    /// Counts the events of this sandbox; a gap means that one was missed.
    pub(crate) sequence: u64,
    /// The sandbox as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox: Option<SandboxView>,
    /// What a template's or the region's event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) subject: Option<Value>,
}

impl EventView {
    /// An entry; `template` is that of its sandbox.
    pub(crate) fn new(entry: log::Entry, template: Option<&Template>, urls: &Urls) -> Self {
        let sandbox = entry.sandbox.as_ref().zip(template);
        Self {
            position: entry.position.to_string(),
            r#type: entry.kind.as_str(),
            at: entry.at,
            changed: entry.changed,
            sequence: entry.sequence,
            sandbox: sandbox.map(|(sandbox, template)| SandboxView::new(sandbox, template, urls)),
            subject: (!entry.subject.is_null()).then_some(entry.subject),
        }
    }
}
