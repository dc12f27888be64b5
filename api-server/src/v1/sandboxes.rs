//! Sandboxes: create, read, command, enter.

pub(crate) mod access;
pub(crate) mod batch_access;
pub(crate) mod batch_create;
pub(crate) mod bulk;
pub(crate) mod command;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod exec;
pub(crate) mod extend;
pub(crate) mod files;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod reset;
pub(crate) mod revoke;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod ticket;
