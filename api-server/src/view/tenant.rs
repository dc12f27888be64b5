//! A tenant with its limits and what it uses.

use domain::id::TenantId;
use domain::quota::{Quota, Usage};
use domain::resources::Resources;
use domain::time::Timestamp;
use serde::Serialize;
use store::Tenant;
use utoipa::ToSchema;

/// A tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(crate) struct TenantView {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: TenantId,
    /// Its limits; null doesn't limit.
    #[schema(value_type = QuotaView)]
    pub(crate) quota: Quota,
    /// What it uses now.
    pub(crate) usage: UsageView,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

/// A tenant's limits; null or absent doesn't limit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
pub(crate) struct QuotaView {
    /// Sandboxes that are not stopped.
    pub(crate) sandboxes: Option<u64>,
    /// Their CPU, in thousandths.
    pub(crate) cpu_millis: Option<u64>,
    /// Their memory, in MiB.
    pub(crate) memory_mib: Option<u64>,
    /// Their GPUs.
    pub(crate) gpus: Option<u64>,
    /// Homes kept, in GiB.
    pub(crate) homes_gib: Option<u64>,
}

/// What a tenant uses.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// Sandboxes that are not stopped.
    pub(crate) sandboxes: u64,
    /// Their resources.
    pub(crate) resources: ResourcesView,
    /// Homes kept, in MiB.
    pub(crate) homes_mib: u64,
}

/// Amounts of what machines use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Resources)]
pub(crate) struct ResourcesView {
    /// Thousandths of a CPU.
    pub(crate) cpu_millis: u64,
    /// MiB of memory.
    pub(crate) memory_mib: u64,
    /// MiB of scratch disk.
    pub(crate) disk_mib: u64,
    /// Whole GPUs.
    pub(crate) gpus: u64,
}

impl From<Resources> for ResourcesView {
    fn from(of: Resources) -> Self {
        Self { cpu_millis: of.cpu_millis, memory_mib: of.memory_mib, disk_mib: of.disk_mib, gpus: of.gpus }
    }
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        Self { sandboxes: usage.sandboxes, resources: usage.resources.into(), homes_mib: usage.homes_mib }
    }
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self { id: tenant.id, quota: tenant.quota, usage: tenant.usage.into(), created_at: tenant.created_at }
    }
}
