//! The public API, one endpoint a file.

pub(crate) mod capabilities;
pub(crate) mod capacity;
pub(crate) mod catalogue;
pub(crate) mod events;
pub(crate) mod region;
pub(crate) mod sandboxes;
pub(crate) mod templates;
pub(crate) mod tenants;
