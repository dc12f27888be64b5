//! A published template version.

use domain::id::{TemplateName, TemplateVersion};
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::StoredTemplate;
use utoipa::ToSchema;

use crate::schema::TemplateBody;

/// A published version of a template.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PublishedTemplate)]
pub(crate) struct TemplateView {
    /// Its name.
    #[schema(value_type = String)]
    pub(crate) name: TemplateName,
    /// Its version: `sha256:` over the canonical JSON of what was sent.
    #[schema(value_type = String)]
    pub(crate) version: TemplateVersion,
    /// When it was first published here.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) published_at: Timestamp,
    /// As it was sent.
    #[schema(value_type = TemplateBody)]
    pub(crate) template: Value,
}

impl From<StoredTemplate> for TemplateView {
    fn from(stored: StoredTemplate) -> Self {
        Self {
            name: stored.name,
            version: stored.version,
            published_at: stored.published_at,
            template: stored.body,
        }
    }
}
