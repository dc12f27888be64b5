//! Templates and their versions.

pub(crate) mod fits;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod publish;
pub(crate) mod resolve;
pub(crate) mod version;
pub(crate) mod versions;
