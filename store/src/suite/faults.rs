//! A database that is locked, full or gone: said so, nothing half-stored, and well again afterwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::random::OsRandom;
use domain::time::ManualClock;

use super::bench::{Bench, NOW};
use crate::sql::Database;
use crate::testing::{Postgres, limit_growth};
use crate::{Error, Options, Store, Topic};

/// Bounds a failing test; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

fn unavailable<T: std::fmt::Debug>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Unavailable { .. }))
}

#[tokio::test]
async fn sqlite_writes_to_the_disk_before_it_answers() {
    let bench = Bench::file().await;
    let Database::Sqlite { writer, .. } = bench.store.database() else { panic!("not SQLite") };
    let pragma = async |sql: &'static str| -> String {
        let row: (String,) = sqlx::query_as(sql).fetch_one(writer).await.unwrap();
        row.0
    };
    assert_eq!(pragma("SELECT journal_mode FROM pragma_journal_mode").await, "wal");
    assert_eq!(pragma("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, "2", "FULL");
}

#[tokio::test]
async fn sqlite_locked_by_another_process() {
    let bench = Bench::file().await;
    let options = Options { busy_timeout_ms: 50, ..Options::new(&bench.url) };
    let impatient = Store::open(options, bench.clock.clone(), Arc::new(OsRandom)).await.unwrap();
    let lock = bench.store.begin().await.unwrap();
    assert!(unavailable(impatient.intent().create(bench.request("school", "s1")).await));
    assert!(impatient.ping().await.is_ok(), "reading goes on");
    assert!(unavailable(impatient.ping_write().await));
    lock.commit().await.unwrap();
    assert!(!impatient.intent().create(bench.request("school", "s1")).await.unwrap().existing);
}

#[tokio::test]
async fn sqlite_on_a_full_disk() {
    let bench = Bench::file().await;
    bench.create("school", "kept").await;
    limit_growth(&bench.store, true).await.unwrap();
    let mut accepted = 1;
    let refused = loop {
        match bench.store.intent().create(bench.request("school", &format!("s{accepted}"))).await {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&refused, Error::Unavailable { reason } if reason.contains("full")), "{refused:?}");
    assert_eq!(
        bench.usage("school").await.sandboxes,
        accepted,
        "what was answered is there, and nothing else"
    );
    assert!(bench.store.ping().await.is_ok(), "reading goes on");
    assert!(unavailable(bench.store.ping_write().await));
    limit_growth(&bench.store, false).await.unwrap();
    bench.store.ping_write().await.unwrap();
    bench.create("school", "later").await;
    assert_eq!(bench.usage("school").await.sandboxes, accepted + 1);
}

/// Every connection of every store is cut, as when the server is started again.
#[tokio::test]
async fn postgres_gone_and_back() {
    let bench = Bench::postgres().await;
    let other = bench.another().await;
    let wake = other.wake();
    bench.create("school", "s1").await;
    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let database = bench.url.rsplit_once('/').map(|(head, _)| head);
    assert!(database.is_some());
    let name = bench.url.split('?').next().unwrap().rsplit('/').next().unwrap();
    crate::testing::postgres().unwrap().sql(name, cut).unwrap();
    let begun = Instant::now();
    while bench.store.intent().create(bench.request("school", "s2")).await.is_err() {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(bench.usage("school").await.sandboxes, 2);
    tokio::time::timeout(PATIENCE, wake.wait(Topic::Log)).await.unwrap();
    let begun = Instant::now();
    loop {
        bench.store.intent().reset(&bench.create("school", "s2").await.intent.id, None, None).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_millis(200), wake.wait(Topic::Intent)).await;
        if heard.is_ok() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "it listens again");
    }
}

#[tokio::test]
async fn a_database_that_starts_later_is_waited_for() {
    let clock = Arc::new(ManualClock::at(NOW));
    let server = Arc::new(Postgres::mortal().unwrap());
    let options = Options::new(server.database().unwrap());
    let order = async |order: fn(&Postgres)| {
        let server = server.clone();
        tokio::task::spawn_blocking(move || order(&server)).await.unwrap();
    };
    order(|server| server.crash().unwrap()).await;
    let open = |patience| Store::open_patiently(options.clone(), clock.clone(), Arc::new(OsRandom), patience);
    assert!(unavailable(open(Duration::ZERO).await.map(drop)));
    let (store, ()) = tokio::join!(open(PATIENCE), order(|server| server.start_again().unwrap()));
    store.unwrap().ping().await.unwrap();
}
