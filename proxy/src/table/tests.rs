use std::collections::BTreeMap;

use domain::phase::{Phase, Wanted};
use domain::time::Timestamp;

use super::*;

fn id(last: char) -> SandboxId {
    format!("bj-aaaaaaaaaaaaaaa{last}").parse().unwrap()
}

fn route(last: char, position: u64) -> Route {
    Route {
        sandbox: id(last),
        r#ref: "r".parse().unwrap(),
        position,
        phase: Phase::Starting,
        wanted: Wanted::Running,
        cause: None,
        access_epoch: 1,
        apps: Vec::new(),
        targets: BTreeMap::new(),
        expires_at: Timestamp::from_ms(0),
        max_expires_at: Timestamp::from_ms(0),
        idle_stop_at: None,
        can_wake: false,
    }
}

fn update(at: &str, full: bool, routes: Vec<Route>, gone: &[char]) -> Update {
    let position = at.to_owned().try_into().unwrap();
    Update { position, full, routes, gone: gone.iter().map(|last| id(*last)).collect() }
}

fn known(table: &Table, last: char) -> Option<u64> {
    table.get(&id(last)).map(|route| route.position)
}

#[test]
fn newer_rows_win_whichever_way_they_come() {
    let table = Table::default();
    table.apply(update("E1.5", true, vec![route('a', 3), route('b', 5)], &[]));
    assert_eq!(table.offer(route('a', 2)).unwrap().position, 3);
    assert_eq!(table.offer(route('a', 9)).unwrap().position, 9);
    table.apply(update("E1.8", false, vec![route('a', 8)], &['b']));
    assert_eq!((known(&table, 'a'), known(&table, 'b')), (Some(9), None));
    assert_eq!(table.position().unwrap().to_string(), "E1.8");
}

#[test]
fn what_the_feed_knows_to_be_deleted_does_not_come_back_late() {
    let table = Table::default();
    table.apply(update("E1.5", true, vec![route('a', 3)], &[]));
    table.apply(update("E1.6", false, vec![], &['a']));
    assert!(table.offer(route('a', 5)).is_none());
    assert_eq!(table.offer(route('b', 7)).unwrap().position, 7, "younger than the feed");
}

#[test]
fn a_full_answer_forgets_what_it_does_not_list_but_for_what_came_later() {
    let table = Table::default();
    table.apply(update("E1.5", true, vec![route('a', 3), route('b', 4)], &[]));
    table.offer(route('c', 12));
    table.apply(update("E1.10", true, vec![route('b', 4)], &[]));
    assert_eq!((known(&table, 'a'), known(&table, 'b'), known(&table, 'c')), (None, Some(4), Some(12)));
}

#[test]
fn after_a_restored_database_lower_numbers_count() {
    let table = Table::default();
    table.apply(update("E1.50", true, vec![route('a', 40), route('b', 50)], &[]));
    table.apply(update("E2.7", true, vec![route('a', 7)], &[]));
    assert_eq!((known(&table, 'a'), known(&table, 'b')), (Some(7), None));
}

#[test]
fn followers_are_told_of_changes_and_only_of_those() {
    let table = Table::default();
    assert!(table.follow(&id('a')).is_none());
    table.apply(update("E1.5", true, vec![route('a', 3), route('b', 3)], &[]));
    let mut followed = table.follow(&id('a')).unwrap();
    table.apply(update("E1.6", false, vec![route('b', 6)], &[]));
    table.apply(update("E1.6", true, vec![route('a', 3), route('b', 6)], &[]));
    assert!(!followed.has_changed().unwrap());
    table.apply(update("E1.7", false, vec![route('a', 7)], &[]));
    assert_eq!(followed.borrow_and_update().as_ref().unwrap().position, 7);
    table.apply(update("E1.8", false, vec![], &['a']));
    assert!(followed.borrow_and_update().is_none());
}

#[test]
fn positions_are_read_strictly() {
    for bad in ["", "7", "E7", "E7.x", "E7.-1", "E&x=1.5"] {
        assert!(Position::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}
