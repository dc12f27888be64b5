//! What tenants use, kept as running sums on their rows: exact, because whoever changes whether a sandbox counts
//! holds that sandbox's lock, and adds the difference in the same transaction.

use domain::id::TenantId;
use domain::phase::{Phase, Wanted};
use domain::quota::{self, Quota, Usage};
use domain::resources::Resources;
use domain::sandbox::Sandbox;
use domain::template::Template;

use crate::error::Error;
use crate::sql::{Insert, Row, Tx, args};

/// What one sandbox adds to its tenant's usage.
pub(crate) fn usage_of(sandbox: &Sandbox, template: &Template) -> Usage {
    let mut usage = Usage::default();
    if counts(sandbox) {
        usage.sandboxes = 1;
        usage.resources = template.resources();
    }
    if sandbox.intent.wanted != Wanted::Deleted {
        usage.homes_mib = template.homes_mib();
    }
    usage
}

/// Whether a sandbox counts as one that is not stopped: from the moment its start was accepted until its machines
/// are gone, or its deletion was accepted.
pub(crate) fn counts(sandbox: &Sandbox) -> bool {
    let Sandbox { intent, status } = sandbox;
    match (intent.wanted, status.phase) {
        (Wanted::Deleted, _) | (_, Phase::Deleting | Phase::Deleted) => false,
        (Wanted::Stopped, phase) => phase.counts_for_quota(),
        // A failed one counts again once it was asked for anew.
        (Wanted::Running, Phase::Failed) => intent.generation > status.observed_generation,
        (Wanted::Running, _) => true,
    }
}

/// A tenant's sums after an addition.
#[derive(Clone, Debug)]
pub(crate) struct Added {
    pub(crate) tenant: TenantId,
    pub(crate) quota: Quota,
    pub(crate) used: Usage,
}

impl Added {
    /// Whether the quota held although `more` was added.
    pub(crate) fn check(&self, more: Usage) -> Result<(), Error> {
        Ok(quota::check(self.quota, minus(self.used, more), more)?)
    }
}

/// `a - b`, each amount at least 0.
pub(crate) const fn minus(a: Usage, b: Usage) -> Usage {
    Usage {
        sandboxes: a.sandboxes.saturating_sub(b.sandboxes),
        resources: a.resources.minus(b.resources),
        homes_mib: a.homes_mib.saturating_sub(b.homes_mib),
    }
}

/// `a + b`.
pub(crate) const fn plus(a: Usage, b: Usage) -> Usage {
    Usage {
        sandboxes: a.sandboxes.saturating_add(b.sandboxes),
        resources: a.resources.plus(b.resources),
        homes_mib: a.homes_mib.saturating_add(b.homes_mib),
    }
}

/// Adds to the sums of tenants, in the order given, which every caller keeps sorted so that two never wait for
/// each other. Locks their rows until the end of the transaction. A tenant that is not known yet is made.
pub(crate) async fn add(
    tx: &mut Tx,
    added: &[(&TenantId, Usage)],
    now: domain::time::Timestamp,
) -> Result<Vec<Added>, Error> {
    const ADD: Insert = Insert {
        into: "tenants (id, quota, used_sandboxes, used_cpu_millis, used_memory_mib, used_disk_mib, used_gpus, \
               used_homes_mib, created_at)",
        tail: "ON CONFLICT (id) DO UPDATE SET \
               used_sandboxes = tenants.used_sandboxes + excluded.used_sandboxes, \
               used_cpu_millis = tenants.used_cpu_millis + excluded.used_cpu_millis, \
               used_memory_mib = tenants.used_memory_mib + excluded.used_memory_mib, \
               used_disk_mib = tenants.used_disk_mib + excluded.used_disk_mib, \
               used_gpus = tenants.used_gpus + excluded.used_gpus, \
               used_homes_mib = tenants.used_homes_mib + excluded.used_homes_mib \
               RETURNING *",
    };
    let rows = added.iter().map(|(tenant, usage)| {
        let Resources { cpu_millis, memory_mib, disk_mib, gpus } = usage.resources;
        args![*tenant, "{}", usage.sandboxes, cpu_millis, memory_mib, disk_mib, gpus, usage.homes_mib, now]
    });
    ADD.run(tx, rows.collect()).await?.iter().map(read).collect()
}

/// Replaces one sandbox's part in its tenant's sums; the sums afterwards, when anything differs.
pub(crate) async fn replace(
    tx: &mut Tx,
    tenant: &TenantId,
    old: Usage,
    new: Usage,
) -> Result<Option<Added>, Error> {
    if old == new {
        return Ok(None);
    }
    let sql = "UPDATE tenants SET used_sandboxes = used_sandboxes + $2, used_cpu_millis = used_cpu_millis + $3, \
               used_memory_mib = used_memory_mib + $4, used_disk_mib = used_disk_mib + $5, \
               used_gpus = used_gpus + $6, used_homes_mib = used_homes_mib + $7 WHERE id = $1 RETURNING *";
    let values = args![
        tenant,
        difference(new.sandboxes, old.sandboxes),
        difference(new.resources.cpu_millis, old.resources.cpu_millis),
        difference(new.resources.memory_mib, old.resources.memory_mib),
        difference(new.resources.disk_mib, old.resources.disk_mib),
        difference(new.resources.gpus, old.resources.gpus),
        difference(new.homes_mib, old.homes_mib),
    ];
    let row = tx.first(sql, values).await?.ok_or(Error::NotFound)?;
    read(&row).map(Some)
}

fn difference(new: u64, old: u64) -> i64 {
    i64::try_from(i128::from(new) - i128::from(old)).unwrap_or(0)
}

/// Reads a tenant's row.
pub(crate) fn read(row: &Row) -> Result<Added, Error> {
    let cells = row.of("tenants", "id");
    let resources = Resources {
        cpu_millis: cells.count("used_cpu_millis")?,
        memory_mib: cells.count("used_memory_mib")?,
        disk_mib: cells.count("used_disk_mib")?,
        gpus: cells.count("used_gpus")?,
    };
    let used = Usage {
        sandboxes: cells.count("used_sandboxes")?,
        resources,
        homes_mib: cells.count("used_homes_mib")?,
    };
    Ok(Added { tenant: cells.parse("id")?, quota: cells.json("quota")?, used })
}
