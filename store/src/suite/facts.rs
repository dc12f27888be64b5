//! Keys, tickets, logins, the region's facts and epochs.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::provider::{Capacity, StoreEpoch};
use domain::resources::Resources;
use tokio::task::JoinSet;

use super::bench::{Bench, NOW, tenant};
use crate::{Error, NewKey, Scope, Ticket, TicketError};

super::scenarios!(
    a_key_is_found_until_it_is_revoked,
    a_ticket_is_spent_once,
    a_login_is_good_for_one_session,
    a_cordon_has_a_reason,
    epochs_wait_for_an_operator,
);

fn key(id: &str, hash: &str) -> NewKey {
    let tenant = Some(tenant("school"));
    NewKey {
        id: id.to_owned(),
        hash: hash.to_owned(),
        scope: Scope::Platform,
        tenant,
        name: "the platform".to_owned(),
    }
}

async fn a_key_is_found_until_it_is_revoked(bench: Bench) {
    let keys = bench.store.keys();
    let created = keys.create(key("k1", "hash1")).await.unwrap();
    assert_eq!((created.scope, created.created_at), (Scope::Platform, NOW));
    assert_eq!(keys.create(key("k1", "hash2")).await, Err(Error::Conflict));
    assert_eq!(keys.create(key("k2", "hash1")).await, Err(Error::Conflict));
    assert_eq!(keys.find("hash1").await.unwrap(), Some(created));
    assert_eq!(keys.find("hash2").await.unwrap(), None);
    keys.revoke("k1").await.unwrap();
    keys.revoke("k1").await.unwrap();
    assert_eq!(keys.find("hash1").await.unwrap(), None);
    assert_eq!(keys.list().await.unwrap()[0].revoked_at, Some(NOW));
    assert_eq!(keys.revoke("nothing").await, Err(Error::NotFound));
}

fn ticket() -> Ticket {
    Ticket {
        sandbox: "bj-aaaaaaaaaaaaaaaa".parse().unwrap(),
        app: "lab".parse().unwrap(),
        user: "u-7".to_owned(),
        role: "student".to_owned(),
        access_epoch: 3,
        expires_at: NOW.plus_s(60),
    }
}

async fn a_ticket_is_spent_once(bench: Bench) {
    bench.store.tickets().issue("hash", ticket()).await.unwrap();
    assert_eq!(bench.store.tickets().issue("hash", ticket()).await, Err(Error::Conflict));
    let mut redeemers = JoinSet::new();
    for store in [bench.store.clone(), bench.another().await] {
        for _ in 0..25 {
            let store = store.clone();
            redeemers.spawn(async move { store.tickets().redeem("hash").await });
        }
    }
    let answers = redeemers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().find_map(|answer| answer.clone().ok()), Some(ticket()));
    assert!(answers.iter().all(|answer| answer.is_ok() || answer == &Err(TicketError::Spent)));
    assert_eq!(bench.store.tickets().redeem("other").await, Err(TicketError::Unknown));
    bench.store.tickets().issue("second", ticket()).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.store.tickets().redeem("second").await, Err(TicketError::Expired));
    assert_eq!(bench.store.tickets().prune(NOW.plus_s(61), 1).await.unwrap(), 1, "no more than asked");
    assert_eq!(bench.store.tickets().prune(NOW.plus_s(61), 9).await.unwrap(), 1);
}

async fn a_login_is_good_for_one_session(bench: Bench) {
    bench.store.logins().issue("login", NOW.plus_s(60)).await.unwrap();
    assert!(bench.store.logins().redeem("login").await.unwrap());
    assert!(!bench.store.logins().redeem("login").await.unwrap());
    bench.store.logins().issue("late", NOW.plus_s(60)).await.unwrap();
    bench.store.sessions().create("session", NOW.plus_s(120)).await.unwrap();
    assert!(bench.store.sessions().find("session").await.unwrap());
    assert!(!bench.store.sessions().find("other").await.unwrap());
    bench.clock.advance(Duration::from_secs(60));
    assert!(!bench.store.logins().redeem("late").await.unwrap());
    bench.clock.advance(Duration::from_secs(60));
    assert!(!bench.store.sessions().find("session").await.unwrap());
}

async fn a_cordon_has_a_reason(bench: Bench) {
    let region = bench.store.region();
    assert_eq!(region.cordoned().await.unwrap(), None);
    region.cordon(Some("升级".to_owned())).await.unwrap();
    assert_eq!(bench.another().await.region().cordoned().await.unwrap().as_deref(), Some("升级"));
    region.cordon(None).await.unwrap();
    assert_eq!(region.cordoned().await.unwrap(), None);
    assert_eq!(region.capacity().await.unwrap(), None);
    let term = bench.lead().await;
    for cpu_millis in [1000, 2000] {
        let total = Resources { cpu_millis, ..Resources::default() };
        let capacity = Capacity::of_one_node(NOW, total, Resources::default());
        region.record_capacity(term, capacity.clone()).await.unwrap();
        assert_eq!(region.capacity().await.unwrap(), Some(capacity));
    }
}

async fn epochs_wait_for_an_operator(bench: Bench) {
    let region = bench.store.region();
    let first = bench.store.epoch();
    let epochs = region.epochs().await.unwrap();
    assert!(epochs.accepted && epochs.current == first && epochs.ended.is_empty(), "{epochs:?}");
    let term = bench.lead().await;
    bench.store.status().creation_numbers(term, 5).await.unwrap();
    let second = region.mint_epoch().await.unwrap();
    assert_eq!(bench.store.epoch(), second);
    let foreign = StoreEpoch("E2-elsewhere".to_owned());
    region.note_unknown_epochs(&[foreign.clone(), foreign.clone()]).await.unwrap();
    let epochs = region.epochs().await.unwrap();
    assert!(!epochs.accepted && epochs.current == second, "{epochs:?}");
    assert_eq!(epochs.ended, BTreeMap::from([(first.clone(), 5), (foreign.clone(), 0)]));
    assert!(epochs.accepts(&second, 99) && epochs.accepts(&first, 5));
    assert!(!epochs.accepts(&first, 6) && !epochs.accepts(&foreign, 1));
    region.alarm(Some("restored".to_owned())).await.unwrap();
    assert_eq!(region.alarms().await.unwrap(), ["restored"]);
    region.alarm(None).await.unwrap();
    assert!(region.alarms().await.unwrap().is_empty());
    assert_eq!(region.accept_epoch().await.unwrap(), second);
    let epochs = region.epochs().await.unwrap();
    assert!(epochs.accepted && epochs.accepts(&first, 6) && epochs.accepts(&foreign, 1), "{epochs:?}");
    let third = region.mint_epoch().await.unwrap();
    assert_eq!(region.epochs().await.unwrap().current, third);
}
