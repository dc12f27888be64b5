//! Quotas: what one tenant may use at once.

use serde::{Deserialize, Serialize};

use crate::resources::Resources;

/// A tenant's limits; an absent one does not limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Sandboxes that are not stopped.
    pub sandboxes: Option<u64>,
    /// Their CPU.
    pub cpu_millis: Option<u64>,
    /// Their memory.
    pub memory_mib: Option<u64>,
    /// Their GPUs.
    pub gpus: Option<u64>,
    /// Homes kept, in GiB.
    pub homes_gib: Option<u64>,
}

/// What a tenant uses, or would use more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Sandboxes that are not stopped.
    pub sandboxes: u64,
    /// Their resources.
    pub resources: Resources,
    /// Homes kept, in MiB.
    pub homes_mib: u64,
}

/// A limit that would be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the tenant's quota of {field} is {limit}; {used} are in use and {asked} more were asked for")]
pub struct Exceeded {
    /// The quota's field.
    pub field: &'static str,
    /// The limit, in the field's unit.
    pub limit: u64,
    /// In use.
    pub used: u64,
    /// Asked for.
    pub asked: u64,
}

/// Whether `asked` may be added to `used`.
///
/// # Errors
/// The first limit that would be passed.
pub fn check(quota: Quota, used: Usage, asked: Usage) -> Result<(), Exceeded> {
    const MIB_PER_GIB: u64 = 1024;
    let rows = [
        ("sandboxes", quota.sandboxes, used.sandboxes, asked.sandboxes),
        ("cpu_millis", quota.cpu_millis, used.resources.cpu_millis, asked.resources.cpu_millis),
        ("memory_mib", quota.memory_mib, used.resources.memory_mib, asked.resources.memory_mib),
        ("gpus", quota.gpus, used.resources.gpus, asked.resources.gpus),
        (
            "homes_gib",
            quota.homes_gib,
            used.homes_mib.div_ceil(MIB_PER_GIB),
            asked.homes_mib.div_ceil(MIB_PER_GIB),
        ),
    ];
    for (field, limit, used, asked) in rows {
        let Some(limit) = limit else { continue };
        if asked > 0 && used.saturating_add(asked) > limit {
            return Err(Exceeded { field, limit, used, asked });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_passed_is_named() {
        let quota = Quota { sandboxes: Some(2), ..Quota::default() };
        let one = Usage { sandboxes: 1, ..Usage::default() };
        assert!(check(quota, one, one).is_ok());
        let two = Usage { sandboxes: 2, ..Usage::default() };
        assert_eq!(check(quota, two, one).unwrap_err().field, "sandboxes");
        assert!(check(quota, two, Usage::default()).is_ok(), "what asks for nothing passes");
    }
}
