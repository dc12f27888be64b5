//! The schema, brought up to date under a lock when the store is opened.
//!
//! Migrations expand; what an older release still uses goes away only one release after its last use. Each is run
//! once, whole or not at all. A schema that is newer than this release is left as it is.

use domain::provider::StoreEpoch;
use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::{Database, Tx, args};

/// Every migration in its order; never edited after a release.
const MIGRATIONS: &[(i64, &str)] =
    &[(1, include_str!("migrations/0001_first.sql")), (2, include_str!("migrations/0002_expires_soon.sql"))];

/// Any number: the name of PostgreSQL's lock for migrations.
const LOCK_KEY: i64 = 0x716a_6d69_6772;

/// Brings the schema up to date. `first_epoch` becomes the epoch of a new database.
pub(crate) async fn migrate(
    database: &Database,
    now: Timestamp,
    first_epoch: &StoreEpoch,
) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    if matches!(tx, Tx::Postgres(_)) {
        tx.all("SELECT 1 FROM pg_advisory_xact_lock($1)", args![LOCK_KEY]).await?;
    }
    tx.script(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)",
    )
    .await?;
    for (version, sql) in MIGRATIONS {
        let fresh =
            "INSERT INTO schema_migrations (version, applied_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        if tx.execute(fresh, args![*version, now]).await? == 1 {
            let sql = in_dialect(sql, &tx);
            tx.script(&sql).await?;
        }
    }
    let born = "INSERT INTO log_head (id, number, pruned, epoch) VALUES (1, 0, 0, $1) ON CONFLICT DO NOTHING";
    if tx.execute(born, args![&first_epoch.0]).await? == 1 {
        let epoch = "INSERT INTO epochs (epoch, ordinal, minted_at, accepted_at) VALUES ($1, 1, $2, $2)";
        tx.execute(epoch, args![&first_epoch.0, now]).await?;
    }
    tx.commit().await
}

/// The two words in which the databases' table definitions differ.
fn in_dialect(sql: &str, tx: &Tx) -> String {
    let (key, row_id) = match tx {
        Tx::Sqlite(_) => (" TEXT", " INTEGER PRIMARY KEY AUTOINCREMENT"),
        Tx::Postgres(_) => (" TEXT COLLATE \"C\"", " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    };
    let words = sql.lines().filter(|line| !line.starts_with("--"));
    let joined: Vec<&str> = words.collect();
    let sql = joined.join("\n").replace(" PRIMARY KEY", " PRIMARY_KEY").replace(" KEY", key);
    sql.replace(" PRIMARY_KEY", " PRIMARY KEY").replace(" ROWID", row_id)
}
