use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::terminal::clients::Clients;
use crate::terminal::frames::{Attach, ToTab};
use crate::terminal::output::ToSend;
use crate::terminal::ring::RING_BYTES;
use crate::terminal::size::Size;
use crate::terminal::state::State;
use crate::terminal::tab::Closing;

const SIZE: Size = Size { cols: 80, rows: 24 };

fn attach(client: &str, seen: u64) -> Attach {
    Attach { client: client.to_owned(), incarnation: None, seen, size: SIZE }
}

fn session() -> (State, Instant) {
    (State::new("life".to_owned(), SIZE, Clients::default()), Instant::now())
}

#[test]
fn a_slow_tab_beside_a_fast_one_is_closed_when_the_ring_overruns_it() {
    let (mut state, now) = session();
    let (slow, _) = state.attach(&attach("slow", 0), now).unwrap();
    let (fast, _) = state.attach(&attach("fast", 0), now).unwrap();
    for _ in 0..2 * RING_BYTES / 1024 {
        assert!(state.may_read());
        state.push(&[b'x'; 1024]);
        assert!(matches!(state.next_for(fast, now), Some(ToSend::Output { .. })));
    }
    assert_eq!(state.next_for(slow, now), Some(ToSend::Close(Closing::TooSlow)));
    assert_eq!(state.next_for(fast, now), None);
}

#[test]
fn a_lone_tab_makes_the_program_wait_but_not_for_ever() {
    let (mut state, now) = session();
    let (tab, _) = state.attach(&attach("a", 0), now).unwrap();
    state.push(&vec![b'x'; RING_BYTES / 2]);
    assert!(!state.may_read() && !state.has_stalled(now));
    let later = now + Duration::from_secs(11);
    assert!(state.has_stalled(later));
    state.close_stalled(later);
    assert!(state.may_read());
    assert_eq!(state.next_for(tab, later), Some(ToSend::Close(Closing::TooSlow)));
}

#[test]
fn a_tab_that_stops_reporting_is_not_waited_for() {
    let (mut state, now) = session();
    let (tab, _) = state.attach(&attach("a", 0), now).unwrap();
    state.seen(tab, 0, now);
    state.push(&vec![b'x'; RING_BYTES - 10]);
    while state.next_for(tab, now).is_some() {}
    let later = now + Duration::from_secs(11);
    assert!(matches!(state.next_for(tab, later), Some(ToSend::Output { .. })));
}

#[test]
fn only_what_was_written_is_acknowledged() {
    let (mut state, now) = session();
    let (tab, _) = state.attach(&attach("a", 0), now).unwrap();
    state.typed(tab, 1, Bytes::from_static(b"hello"));
    state.typed(tab, 2, Bytes::from_static(b""));
    state.typed(tab, 3, Bytes::from_static(b"world"));
    assert_eq!(state.next_input().unwrap(), "hello");
    state.wrote(3);
    assert_eq!(state.next_for(tab, now), None);
    assert_eq!(state.next_input().unwrap(), "lo");
    state.wrote(2);
    assert_eq!(state.next_for(tab, now), Some(ToSend::Message(ToTab::Ack { input: 2 })));
    let (again, attached) = state.attach(&attach("a", 0), now).unwrap();
    assert!(matches!(attached, ToTab::Attached { input: 2, .. }));
    state.typed(again, 3, Bytes::from_static(b"world"));
    assert_eq!(state.next_input().unwrap(), "world");
    state.wrote(5);
    assert_eq!(state.next_input(), None, "not typed twice");
    assert_eq!(state.next_for(again, now), Some(ToSend::Message(ToTab::Ack { input: 3 })));
}

#[test]
fn a_number_from_the_future_is_lost_and_starts_over() {
    let (mut state, now) = session();
    state.push(b"short");
    let (_, attached) = state.attach(&attach("a", 1000), now).unwrap();
    assert!(matches!(attached, ToTab::Attached { from: 0, end: 5, lost: true, .. }));
}
