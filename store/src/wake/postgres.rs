//! Telling other processes on PostgreSQL, and hearing them.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification};

use super::{Hub, NOTIFY_INTERVAL_MS, Topic};

const CHANNEL: &str = "qingjiao_changed";
/// Between two tries to listen again.
const RECONNECT_INTERVAL_MS: u64 = 500;

/// Tells the others of this process's changes, for ever. A notification that cannot be sent is dropped: it is a
/// hint, and the failure shows where the database is really needed.
pub(crate) async fn tell(pool: PgPool, hub: Hub, sender: String) {
    let mut own = hub.own.each_ref().map(tokio::sync::watch::Sender::subscribe);
    loop {
        let topics: Vec<&str> = Topic::ALL
            .into_iter()
            .filter(|topic| {
                let changes = &mut own[topic.index()];
                let changed = changes.has_changed().unwrap_or(false);
                changes.mark_unchanged();
                changed
            })
            .map(Topic::as_str)
            .collect();
        if topics.is_empty() {
            let [intent, status, log, keys] = &mut own;
            tokio::select! {
                _ = intent.changed() => intent.mark_changed(),
                _ = status.changed() => status.mark_changed(),
                _ = log.changed() => log.mark_changed(),
                _ = keys.changed() => keys.mark_changed(),
            }
            continue;
        }
        let payload = format!("{sender} {}", topics.join(","));
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
        if let Err(error) = notify.execute(&pool).await {
            tracing::debug!(error = %error, "a notification was dropped");
        }
        tokio::time::sleep(Duration::from_millis(NOTIFY_INTERVAL_MS)).await;
    }
}

/// Hears the others' changes, for ever. While the connection is lost, and when it is back, everything may have
/// changed.
pub(crate) async fn hear(pool: PgPool, hub: Hub, sender: String) {
    let mut listens = true;
    loop {
        if let Err(error) = listen(&pool, &hub, &sender, &mut listens).await
            && std::mem::replace(&mut listens, false)
        {
            tracing::warn!(error = %error, "listening to the database was interrupted");
        }
        wake_all(&hub);
        tokio::time::sleep(Duration::from_millis(RECONNECT_INTERVAL_MS)).await;
    }
}

async fn listen(pool: &PgPool, hub: &Hub, sender: &str, listens: &mut bool) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    if !std::mem::replace(listens, true) {
        tracing::info!("listening to the database again");
    }
    wake_all(hub);
    loop {
        match listener.try_recv().await? {
            Some(notification) => take(hub, sender, &notification),
            None => wake_all(hub),
        }
    }
}

fn take(hub: &Hub, own: &str, notification: &PgNotification) {
    let Some((sender, topics)) = notification.payload().split_once(' ') else { return };
    if sender == own {
        return;
    }
    for topic in Topic::ALL {
        if topics.split(',').any(|name| name == topic.as_str()) {
            hub.heard(topic);
        }
    }
}

fn wake_all(hub: &Hub) {
    for topic in Topic::ALL {
        hub.heard(topic);
    }
}
