//! Sandboxes as they are, for readers.

mod filter;
pub(crate) mod lock;
pub(crate) mod row;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::{Ref, SandboxId, TenantId};
use domain::queue;
use domain::sandbox::Sandbox;
use domain::time::Timestamp;
pub use filter::Filter;
use row::{read, read_all, select_sandbox};

use crate::error::Error;
use crate::log::Entry;
use crate::page::{Page, Paged};
use crate::sql::args;
use crate::store::Store;

/// Days for which a deleted sandbox can still be read.
pub const DELETED_READABLE_DAYS: u64 = 7;

/// Sandboxes. See [`Store::sandboxes`].
#[derive(Clone, Copy, Debug)]
pub struct Sandboxes<'s>(pub(crate) &'s Store);

impl Sandboxes<'_> {
    /// One sandbox; also a deleted one, for [`DELETED_READABLE_DAYS`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn get(&self, id: &SandboxId) -> Result<Sandbox, Error> {
        let sql =
            concat!(select_sandbox!(), "WHERE i.id = $1 AND (s.phase <> 'deleted' OR s.phase_since > $2)");
        read(&self.0.database().all(sql, args![id, self.forgotten_before()]).await?)
    }

    /// The tenant's sandbox of this ref, unless its deletion was accepted.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn find(&self, tenant: &TenantId, r#ref: &Ref) -> Result<Option<Sandbox>, Error> {
        let sql = concat!(select_sandbox!(), "WHERE i.tenant = $1 AND i.ref = $2 AND i.wanted <> 'deleted'");
        let rows = self.0.database().all(sql, args![tenant, r#ref]).await?;
        if rows.is_empty() { Ok(None) } else { read(&rows).map(Some) }
    }

    /// Sandboxes in the order of their creation.
    ///
    /// # Errors
    /// [`Error::Refused`] for a foreign cursor, [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn list(&self, filter: &Filter, page: Page) -> Result<Paged<Sandbox>, Error> {
        let (sql, values) = filter.statement(&page, self.forgotten_before())?;
        let items = read_all(&self.0.database().all(&sql, values).await?)?;
        Ok(Paged::cut(items, &page, filter::cursor))
    }

    /// Every sandbox that is not deleted, in no particular order.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn live(&self) -> Result<Vec<Sandbox>, Error> {
        // By status, so that the deleted ones, which are kept for days, are not walked through.
        let sql = concat!(select_sandbox!(), "WHERE s.phase <> 'deleted' ORDER BY s.id, m.name");
        read_all(&self.0.database().all(sql, args![]).await?)
    }

    /// Who waits in the queue: queued and wanted running, in no particular order.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn waiting(&self) -> Result<Vec<queue::Entry>, Error> {
        let sql = "SELECT s.id, i.tenant, i.template_name, i.template_version, s.queued_at, s.next_attempt_at, \
                   i.run_since FROM status s JOIN intent i ON i.id = s.id \
                   WHERE s.phase = 'queued' AND i.wanted = 'running'";
        let mut entries = Vec::new();
        for row in self.0.database().all(sql, args![]).await? {
            let cells = row.of("intent", "id");
            let (name, version) = (cells.parse("template_name")?, cells.parse("template_version")?);
            let template = self.0.templates().get(&name, Some(&version)).await?;
            entries.push(queue::Entry {
                sandbox: cells.parse("id")?,
                tenant: cells.parse("tenant")?,
                queued_at: cells.opt_time("queued_at")?.unwrap_or(cells.time("run_since")?),
                machines: template.template.machines.iter().map(|machine| machine.resources).collect(),
                retry_at: cells.opt_time("next_attempt_at")?,
            });
        }
        Ok(entries)
    }

    /// How many admitted sandboxes each tenant has, until their machines are gone.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn running_per_tenant(&self) -> Result<BTreeMap<TenantId, u64>, Error> {
        let sql = "SELECT i.tenant, COUNT(*) AS running FROM status s JOIN intent i ON i.id = s.id \
                   WHERE s.phase IN ('provisioning', 'starting', 'ready', 'stopping') GROUP BY i.tenant";
        let rows = self.0.database().all(sql, args![]).await?;
        let entry = |row: &crate::sql::Row| {
            let cells = row.of("intent", "tenant");
            Ok((cells.parse("tenant")?, cells.count("running")?))
        };
        rows.iter().map(entry).collect()
    }

    /// Everything that the log keeps of a sandbox, the oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn history(&self, id: &SandboxId) -> Result<Vec<Entry>, Error> {
        self.0.log().history(id).await
    }

    /// How many sandboxes were last admitted from the queue at or after this moment; those that came back for lack of
    /// room were not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn admitted_since(&self, since: Timestamp) -> Result<u64, Error> {
        let sql = "SELECT COUNT(*) AS admitted FROM status WHERE admitted_at >= $1";
        let row = self.0.database().first(sql, args![since]).await?.ok_or(Error::NotFound)?;
        row.of("status", "admitted").count("admitted")
    }

    /// Forgets sandboxes that were deleted longer ago than they can be read, at most `limit`; how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prune(&self, limit: u64) -> Result<u64, Error> {
        let mut tx = self.0.begin().await?;
        let sql = "SELECT id FROM status WHERE phase = 'deleted' AND phase_since <= $1 ORDER BY id LIMIT $2";
        let rows = tx.all(sql, args![self.forgotten_before(), limit]).await?;
        for row in &rows {
            let id = row.of("status", "id").text("id")?;
            for sql in [
                "DELETE FROM sandboxes WHERE id = $1",
                "DELETE FROM intent WHERE id = $1",
                "DELETE FROM status WHERE id = $1",
                "DELETE FROM machines WHERE sandbox = $1",
                "DELETE FROM labels WHERE sandbox = $1",
                "DELETE FROM activity WHERE sandbox = $1",
            ] {
                tx.execute(sql, args![&id]).await?;
            }
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }

    fn forgotten_before(&self) -> Timestamp {
        const DAY_S: u64 = 24 * 3600;
        self.0.now() - Duration::from_secs(DELETED_READABLE_DAYS * DAY_S)
    }
}
