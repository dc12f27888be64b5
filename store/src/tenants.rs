//! Tenants: their quotas and what they use.

use domain::id::TenantId;
use domain::quota::{Quota, Usage};
use domain::time::Timestamp;

use crate::error::Error;
use crate::log::append::json;
use crate::page::{Page, Paged};
use crate::sql::{Row, args};
use crate::store::Store;
use crate::usage;

/// Tenants. See [`Store::tenants`].
#[derive(Clone, Copy, Debug)]
pub struct Tenants<'s>(pub(crate) &'s Store);

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Which.
    pub id: TenantId,
    /// What it may use at once.
    pub quota: Quota,
    /// What it uses.
    pub usage: Usage,
    /// When it became known.
    pub created_at: Timestamp,
}

impl Tenants<'_> {
    /// Sets a tenant's quota. What it already uses beyond that stays.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put(&self, id: &TenantId, quota: Quota) -> Result<Tenant, Error> {
        let sql = "INSERT INTO tenants (id, quota, used_sandboxes, used_cpu_millis, used_memory_mib, \
                   used_disk_mib, used_gpus, used_homes_mib, created_at) VALUES ($1, $2, 0, 0, 0, 0, 0, 0, $3) \
                   ON CONFLICT (id) DO UPDATE SET quota = excluded.quota RETURNING *";
        let row = self.0.database().write_first(sql, args![id, json(&quota), self.0.now()]).await?;
        read(&row.ok_or(Error::NotFound)?)
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn get(&self, id: &TenantId) -> Result<Tenant, Error> {
        let row = self.0.database().first("SELECT * FROM tenants WHERE id = $1", args![id]).await?;
        read(&row.ok_or(Error::NotFound)?)
    }

    /// Tenants by their id.
    ///
    /// # Errors
    /// [`Error::Refused`] for a foreign cursor, [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn list(&self, page: Page) -> Result<Paged<Tenant>, Error> {
        let sql = "SELECT * FROM tenants WHERE id > $1 ORDER BY id LIMIT $2";
        let values = args![page.after()?.unwrap_or_default(), page.items() as u64 + 1];
        let rows = self.0.database().all(sql, values).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Paged::cut(items, &page, |tenant: &Tenant| tenant.id.to_string()))
    }
}

fn read(row: &Row) -> Result<Tenant, Error> {
    let usage::Added { tenant: id, quota, used: usage } = usage::read(row)?;
    Ok(Tenant { id, quota, usage, created_at: row.of("tenants", "id").time("created_at")? })
}
