//! What a test plans to go wrong.

use crate::provider::{Error, MachineSpec, ResourceId};
use crate::time::Timestamp;

/// The provider's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// [`crate::provider::Provider::ensure`].
    Ensure,
    /// [`crate::provider::Provider::delete`].
    Delete,
    /// [`crate::provider::Provider::list`].
    List,
    /// [`crate::provider::Provider::keep_home`].
    KeepHome,
    /// [`crate::provider::Provider::capacity`].
    Capacity,
}

/// How one call goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answered with this error, and nothing was done.
    Before(Error),
    /// Done, but answered with this error: the answer was lost.
    After(Error),
    /// Answered with this error and done later, when [`super::Cloud::land_late`] is called: a request that was still
    /// on its way when its caller gave up.
    Late(Error),
    /// Stands still before its effect until [`super::Cloud::release_held`]: the caller is paused. Then it goes on as
    /// if nothing had happened.
    Held,
}

/// What a call that changes something does.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Ensure(Vec<MachineSpec>),
    Delete(Vec<ResourceId>),
    KeepHome(ResourceId, Option<Timestamp>),
}
