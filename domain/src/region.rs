//! Which region this is.

use serde::{Deserialize, Serialize};

use crate::id::RegionName;

/// The configuration section `region`, the same in every role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegionOptions {
    /// The region's own short name: the prefix of its sandbox ids, and on everything that it makes outside.
    pub name: RegionName,
}
