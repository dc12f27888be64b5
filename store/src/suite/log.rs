//! The log: every reader sees every event once, in one order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::bench::{Bench, NOW};
use crate::log::Entry;
use crate::{Error, EventKind, Position, Store};

super::scenarios!(
    numbers_have_no_gap,
    a_row_that_commits_late_is_not_skipped,
    readers_miss_nothing_while_writers_write,
    a_page_goes_on_where_the_last_ended,
    a_foreign_position_is_gone,
    pruning_keeps_what_is_young,
    other_subjects_are_in_it_too,
);

async fn start(store: &Store) -> Position {
    Position { number: 0, ..store.log().head().await.unwrap() }
}

async fn numbers_have_no_gap(bench: Bench) {
    for n in 0..5 {
        bench.create("school", &format!("s{n}")).await;
    }
    let entries = bench.store.log().after(&start(&bench.store).await, 100).await.unwrap();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.position.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "the template's and five sandboxes'");
    assert_eq!(bench.store.log().head().await.unwrap(), entries[5].position);
    assert_eq!(bench.store.log().sequence(100).await.unwrap(), 0);
}

/// A transaction that began earlier commits after later rows were read: it must come after them. On SQLite only
/// one transaction writes at a time, so there the late one simply comes first.
async fn a_row_that_commits_late_is_not_skipped(bench: Bench) {
    if !matches!(bench.store.database(), crate::sql::Database::Postgres(_)) {
        return one_writer_at_a_time(bench).await;
    }
    let first = bench.create("school", "s0").await;
    let mut late = bench.store.begin().await.unwrap();
    let event = crate::log::append::Append::sandbox(EventKind::SandboxChanged, NOW, 2, Vec::new(), &first);
    crate::log::append::one(&mut late, event).await.unwrap();
    bench.create("school", "s1").await;
    let entries = bench.store.log().after(&start(&bench.store).await, 100).await.unwrap();
    assert_eq!(entries.len(), 3);
    late.commit().await.unwrap();
    let rest = bench.store.log().after(&entries[2].position, 100).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!((rest[0].position.number, rest[0].sequence), (4, 2));
}

async fn one_writer_at_a_time(bench: Bench) {
    let writer = bench.store.begin().await.unwrap();
    let mut other = JoinSet::new();
    let (store, new) = (bench.store.clone(), bench.request("school", "s1"));
    other.spawn(async move { store.intent().create(new).await });
    tokio::task::yield_now().await;
    assert!(other.try_join_next().is_none(), "it waits for the writer");
    writer.commit().await.unwrap();
    assert!(other.join_next().await.unwrap().unwrap().is_ok());
}

async fn readers_miss_nothing_while_writers_write(bench: Bench) {
    const WRITERS: usize = 4;
    const COMMANDS: usize = 15;
    let stores = [bench.store.clone(), bench.another().await];
    let (from, done) = (start(&bench.store).await, Arc::new(AtomicBool::new(false)));
    let mut readers = JoinSet::new();
    for store in &stores {
        readers.spawn(follow(store.clone(), from.clone(), done.clone()));
    }
    let mut writers = JoinSet::new();
    for n in 0..WRITERS {
        let (store, new) = (stores[n % 2].clone(), bench.request("school", &format!("s{n}")));
        writers.spawn(async move {
            let id = store.intent().create(new).await.unwrap().sandbox.intent.id;
            for _ in 0..COMMANDS {
                store.intent().reset(&id, None, None).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::SeqCst);
    let seen = readers.join_all().await;
    assert_eq!(seen[0], seen[1], "both readers saw the same");
    assert_eq!(seen[0].len(), 1 + WRITERS * (COMMANDS + 1));
    let mut sequences: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for (place, entry) in seen[0].iter().enumerate() {
        assert_eq!(entry.position.number, place as u64 + 1, "no gap");
        if let Some(sandbox) = &entry.sandbox {
            sequences.entry(sandbox.intent.id.clone()).or_default().push(entry.sequence);
        }
    }
    for sequence in sequences.values() {
        assert_eq!(sequence, &(1..=COMMANDS as u64 + 1).collect::<Vec<u64>>(), "each sandbox in its order");
    }
}

/// Reads until nothing comes after the writers are done.
async fn follow(store: Store, mut position: Position, done: Arc<AtomicBool>) -> Vec<Entry> {
    let mut seen: Vec<Entry> = Vec::new();
    loop {
        let was_done = done.load(Ordering::SeqCst);
        let news = store.log().after(&position, 7).await.unwrap();
        if let Some(last) = news.last() {
            position = last.position.clone();
        } else if was_done {
            return seen;
        }
        seen.extend(news);
    }
}

async fn a_page_goes_on_where_the_last_ended(bench: Bench) {
    for n in 0..5 {
        bench.create("school", &format!("s{n}")).await;
    }
    let first = bench.store.log().after(&start(&bench.store).await, 4).await.unwrap();
    let rest = bench.store.log().after(&first[3].position, 4).await.unwrap();
    assert_eq!((first.len(), rest.len()), (4, 2));
    assert_eq!(bench.store.log().after(&rest[1].position, 4).await.unwrap(), []);
}

async fn a_foreign_position_is_gone(bench: Bench) {
    bench.create("school", "s1").await;
    let old = start(&bench.store).await;
    let beyond = Position { number: 99, ..old.clone() };
    assert_eq!(bench.store.log().after(&beyond, 1).await, Err(Error::PositionGone));
    let other = bench.another().await;
    let minted = bench.store.region().mint_epoch().await.unwrap();
    assert_ne!(minted, old.epoch);
    assert_eq!(other.log().after(&old, 1).await, Err(Error::PositionGone), "every process knows");
    assert_eq!(other.epoch(), minted);
    assert_eq!(other.log().after(&start(&other).await, 9).await.unwrap()[0].position.epoch, minted);
}

async fn pruning_keeps_what_is_young(bench: Bench) {
    bench.create("school", "s1").await;
    bench.clock.advance(Duration::from_secs(100));
    bench.create("school", "s2").await;
    let from = start(&bench.store).await;
    let entries = bench.store.log().after(&from, 10).await.unwrap();
    assert_eq!(bench.store.log().oldest().await.unwrap(), from);
    assert_eq!(bench.store.log().prune(NOW.plus_s(50), 1).await.unwrap(), 1, "no more than asked");
    assert_eq!(bench.store.log().prune(NOW.plus_s(50), 9).await.unwrap(), 1);
    assert_eq!(bench.store.log().after(&from, 10).await, Err(Error::PositionGone));
    let oldest = bench.store.log().oldest().await.unwrap();
    assert_eq!(oldest, entries[1].position);
    assert_eq!(bench.store.log().after(&oldest, 10).await.unwrap(), entries[2..]);
    assert_eq!(bench.store.log().prune(NOW.plus_s(500), 9).await.unwrap(), 1);
    assert_eq!(bench.store.log().oldest().await.unwrap(), entries[2].position);
    assert_eq!(bench.store.log().prune(NOW.plus_s(500), 9).await.unwrap(), 0);
}

async fn other_subjects_are_in_it_too(bench: Bench) {
    bench.store.region().cordon(Some("upgrade".to_owned())).await.unwrap();
    bench.store.region().cordon(None).await.unwrap();
    let entries = bench.store.log().after(&start(&bench.store).await, 10).await.unwrap();
    let kinds: Vec<EventKind> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EventKind::TemplatePublished, EventKind::RegionChanged, EventKind::RegionChanged]);
    assert_eq!(entries[0].subject["name"], "lab");
    assert_eq!(entries[1].subject["cordoned"], "upgrade");
    assert!(entries.iter().all(|entry| entry.sandbox.is_none()));
}
