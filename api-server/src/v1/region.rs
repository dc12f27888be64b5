//! Commands about the region as a whole.

pub(crate) mod cordon;
pub(crate) mod uncordon;

use serde::Serialize;
use utoipa::ToSchema;

/// Whether the region takes new sandboxes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CordonView {
    /// Why it doesn't; null when it does.
    cordoned: Option<String>,
}
