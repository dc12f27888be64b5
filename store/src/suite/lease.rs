//! Leases.

use std::time::Duration;

use tokio::task::JoinSet;

use super::bench::{Bench, NOW};
use crate::Term;

super::scenarios!(
    one_holder_at_a_time,
    an_expired_lease_has_another_term,
    a_released_one_is_free_and_its_term_over,
    of_many_at_once_one_gets_it,
);

async fn one_holder_at_a_time(bench: Bench) {
    let lease = bench.store.lease();
    assert_eq!(lease.acquire("l", "a", 1000).await.unwrap(), Some(Term(1)));
    assert_eq!(lease.acquire("l", "b", 1000).await.unwrap(), None);
    assert_eq!(lease.acquire("other", "b", 1000).await.unwrap(), Some(Term(1)));
    bench.clock.advance(Duration::from_millis(900));
    assert_eq!(lease.acquire("l", "a", 1000).await.unwrap(), Some(Term(1)), "renewed");
    bench.clock.advance(Duration::from_millis(900));
    assert_eq!(lease.acquire("l", "b", 1000).await.unwrap(), None);
    assert!(lease.renew("l", Term(1), 1000).await.unwrap());
    let until = NOW + Duration::from_millis(2800);
    assert_eq!(lease.holder("l").await.unwrap(), Some(("a".to_owned(), Term(1), until)));
}

async fn an_expired_lease_has_another_term(bench: Bench) {
    let lease = bench.store.lease();
    lease.acquire("l", "a", 1000).await.unwrap();
    bench.clock.advance(Duration::from_millis(1000));
    assert_eq!(lease.holder("l").await.unwrap(), None);
    assert!(!lease.renew("l", Term(1), 1000).await.unwrap(), "too late");
    assert_eq!(lease.acquire("l", "a", 1000).await.unwrap(), Some(Term(2)), "it may have changed hands");
    bench.clock.advance(Duration::from_millis(1000));
    assert_eq!(lease.acquire("l", "b", 1000).await.unwrap(), Some(Term(3)));
    assert!(!lease.renew("l", Term(2), 1000).await.unwrap());
    assert!(lease.renew("l", Term(3), 1000).await.unwrap());
}

async fn a_released_one_is_free_and_its_term_over(bench: Bench) {
    let lease = bench.store.lease();
    let term = bench.lead().await;
    lease.release(crate::LEADER, term).await.unwrap();
    assert_eq!(lease.holder(crate::LEADER).await.unwrap(), None);
    assert_eq!(bench.store.status().creation_numbers(term, 1).await, Err(crate::Error::Conflict));
    let next = lease.acquire(crate::LEADER, "b", 1000).await.unwrap().unwrap();
    assert!(next > term);
    lease.release(crate::LEADER, term).await.unwrap();
    assert!(lease.renew(crate::LEADER, next, 1000).await.unwrap(), "an old term releases nothing");
}

async fn of_many_at_once_one_gets_it(bench: Bench) {
    let mut holders = JoinSet::new();
    for (process, store) in [bench.store.clone(), bench.another().await].into_iter().enumerate() {
        for n in 0..8 {
            let store = store.clone();
            holders.spawn(async move {
                store.lease().acquire("l", &format!("{process}-{n}"), 1000).await.unwrap()
            });
        }
    }
    let terms = holders.join_all().await;
    assert_eq!(terms.into_iter().flatten().collect::<Vec<_>>(), [Term(1)]);
}
