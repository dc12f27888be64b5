//! Opening, restarting, failing.

use std::sync::Arc;

use domain::random::OsRandom;

use super::bench::{Bench, open};
use crate::{Error, Options, Store};

super::scenarios!(
    a_restart_loses_nothing,
    opening_at_once_migrates_once,
    a_closed_store_says_so,
    nothing_secret_is_shown,
);

async fn a_restart_loses_nothing(bench: Bench) {
    let created = bench.create("school", "s1").await;
    if !bench.is_memory() {
        bench.store.close().await;
    }
    let reopened = bench.another().await;
    reopened.ping().await.unwrap();
    assert_eq!(reopened.sandboxes().get(&created.intent.id).await.unwrap(), created);
    assert_eq!(reopened.epoch(), bench.store.epoch());
    assert_eq!(reopened.log().history(&created.intent.id).await.unwrap().len(), 1);
}

async fn opening_at_once_migrates_once(bench: Bench) {
    let url = match bench.url.strip_prefix("sqlite:") {
        Some(":memory:") => bench.url.clone(),
        Some(path) => format!("sqlite:{path}.new"),
        None => crate::testing::postgres().unwrap().database().unwrap(),
    };
    let openers = (0..6).map(|_| open(&url, &bench.clock));
    let stores = futures_util::future::join_all(openers).await;
    let same_epoch = stores.iter().all(|store| store.epoch() == stores[0].epoch());
    assert!(same_epoch || bench.is_memory(), "one epoch for one database");
    for store in &stores {
        store.ping().await.unwrap();
    }
}

async fn a_closed_store_says_so(bench: Bench) {
    bench.store.close().await;
    assert!(matches!(bench.store.ping().await, Err(Error::Unavailable { .. })));
    let refused = bench.store.intent().create(bench.request("school", "s1")).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
}

async fn nothing_secret_is_shown(bench: Bench) {
    let options = Options::new("postgres://user:s3cret@127.0.0.1:1/db?password=s3cret");
    assert_eq!(options.public_url(), "postgres://127.0.0.1:1/db");
    assert!(!format!("{options:?} {:?}", bench.store).contains("s3cret"));
    let printed = serde_json::to_value(&options).unwrap();
    assert_eq!(printed["url"], "postgres://127.0.0.1:1/db");
    assert_eq!(Options::new("postgres://user:s3?cret@host/db").public_url(), "postgres://***");
    let failed = Store::open(options, bench.clock.clone(), Arc::new(OsRandom)).await.unwrap_err();
    assert!(matches!(failed, Error::Unavailable { .. }), "{failed:?}");
    assert!(!format!("{failed} {failed:?}").contains("s3cret"), "{failed:?}");
    let unknown = Store::open(Options::new("mysql://x"), bench.clock.clone(), Arc::new(OsRandom)).await;
    assert!(matches!(unknown, Err(Error::Refused { field: "url", .. })));
}
