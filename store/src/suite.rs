//! One suite for every database: SQLite in memory and in a file, and PostgreSQL.

mod activity;
mod backup;
mod bench;
mod commands;
mod create;
mod database;
mod facts;
mod faults;
mod lease;
mod lists;
mod log;
mod policy;
mod quota;
mod record;
mod wake;

/// Makes each scenario a test on every database.
macro_rules! scenarios {
    ($($scenario:ident),* $(,)?) => {
        mod memory { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() { super::$scenario($crate::suite::bench::Bench::memory().await).await; }
        )* }
        mod file { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() { super::$scenario($crate::suite::bench::Bench::file().await).await; }
        )* }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() { super::$scenario($crate::suite::bench::Bench::postgres().await).await; }
        )* }
    };
}
pub(crate) use scenarios;
