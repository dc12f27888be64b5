use proptest::prelude::*;

use super::*;
use crate::provider::{Capacity, Nodes};

const NOW: Timestamp = Timestamp::from_ms(1_000_000);

fn entry(n: u8, tenant: &str, at: i64) -> Entry {
    let sandbox = format!("bj-aaaaaaaaaaaaaaa{}", char::from(b'a' + n)).parse().unwrap();
    let machines = vec![cpus(1000)];
    let queued_at = Timestamp::from_ms(at);
    Entry { sandbox, tenant: tenant.parse().unwrap(), queued_at, machines, retry_at: None }
}

fn cpus(cpu_millis: u64) -> Resources {
    Resources { cpu_millis, ..Resources::default() }
}

/// Nodes of 8 CPUs with this much free.
fn room(free: &[u64]) -> Room {
    let nodes = free.iter().map(|free| Nodes { count: 1, room: cpus(8000), free: cpus(*free) }).collect();
    Room::of(&Capacity { nodes, ..Capacity::default() })
}

/// One tenant's line, of sandboxes with machines of these sizes.
fn line(sizes: &[&[u64]]) -> Vec<Entry> {
    let sized = |(n, sizes): (u8, &&[u64])| {
        let machines = sizes.iter().map(|size| cpus(*size)).collect();
        Entry { machines, ..entry(n, "a", n.into()) }
    };
    (0..).zip(sizes).map(sized).collect()
}

fn admitted(line: &[Entry], room: &mut Room) -> Vec<i64> {
    admit(line, room, |entry| entry.is_due(NOW)).iter().map(|entry| entry.queued_at.ms()).collect()
}

fn order_of(waiting: Vec<Entry>, running: &[(&str, u64)]) -> Vec<i64> {
    let running = running.iter().map(|(t, n)| (t.parse().unwrap(), *n)).collect();
    order(waiting, &running).into_iter().map(|e| e.queued_at.ms()).collect()
}

#[test]
fn a_large_school_does_not_starve_a_small_one() {
    let waiting = vec![entry(0, "big", 1), entry(1, "big", 2), entry(2, "big", 3), entry(3, "small", 4)];
    assert_eq!(order_of(waiting, &[]), [1, 4, 2, 3]);
}

#[test]
fn who_runs_little_comes_first() {
    let waiting = vec![entry(0, "big", 1), entry(1, "small", 2)];
    assert_eq!(order_of(waiting, &[("big", 5)]), [2, 1]);
}

#[test]
fn the_head_that_finds_room_is_admitted() {
    for (sizes, free, expected) in [
        // A large one is not overtaken.
        (&[&[1000][..], &[5000], &[1000]][..], &[3000][..], &[0][..]),
        // One that can never fit holds nobody up.
        (&[&[1000], &[9000], &[1000]], &[3000], &[0, 2]),
        // Room in sum is none: no node has it.
        (&[&[3000], &[1000]], &[2000, 2000], &[]),
        (&[&[2000], &[2000], &[1000]], &[2000, 2000], &[0, 1]),
        // All machines of a sandbox, or none.
        (&[&[2000, 2000], &[1000]], &[2000, 2000], &[0]),
        (&[&[2000, 2000, 1000], &[1000]], &[2000, 2000], &[]),
        (&[&[5000, 5000, 5000], &[1000]], &[2000, 2000], &[1]),
        (&[&[1000]], &[], &[]),
    ] {
        assert_eq!(admitted(&line(sizes), &mut room(free)), expected, "{sizes:?} on {free:?}");
    }
}

#[test]
fn who_was_refused_is_tried_alone_and_after_its_pause() {
    let mut line = line(&[&[1000], &[1000], &[1000]]);
    for (retry_at, expected) in [
        (None, &[0, 1, 2][..]),
        (Some(NOW), &[0]),
        (Some(NOW.plus_s(1)), &[]),
        // No pause is that long: the clock was set back.
        (Some(NOW.plus_s(REFUSED_PAUSE_MOST_S + 1)), &[0]),
    ] {
        line[0].retry_at = retry_at;
        assert_eq!(admitted(&line, &mut room(&[8000])), expected, "{retry_at:?}");
    }
    line[0].retry_at = None;
    line[1].retry_at = Some(NOW.plus_s(1));
    assert_eq!(admitted(&line, &mut room(&[8000])), [0], "it holds up who comes after it");
    line[1].machines = vec![cpus(9000)];
    assert_eq!(admitted(&line, &mut room(&[8000])), [0, 2], "unless no node is large enough for it");
}

#[test]
fn an_estimate_needs_evidence() {
    for (wait, admitted, expected) in [
        (Wait::Room(3), 0, None),
        (Wait::Room(3), 6, Some((15, 60))),
        (Wait::Soon, 0, Some((0, 5))),
        (Wait::Unknown, 6, None),
    ] {
        assert_eq!(wait.estimate_s(admitted, 60), expected, "{wait:?}");
    }
}

#[test]
fn who_waits_is_told_for_what() {
    let mut line = line(&[&[1000], &[9000], &[2000], &[3000], &[1000]]);
    let told = |line: &[Entry], free: u64| waits(line, Some(room(&[free])), NOW);
    let [soon, unknown] = [Wait::Soon, Wait::Unknown];
    assert_eq!(told(&line, 3000), [soon, unknown, soon, Wait::Room(1), Wait::Room(2)]);
    assert_eq!(told(&line, 0), [Wait::Room(1), unknown, Wait::Room(2), Wait::Room(3), Wait::Room(4)]);
    line[0].retry_at = Some(NOW);
    let refused = told(&line, 3000);
    assert_eq!(refused[..3], [Wait::Room(1), unknown, Wait::Room(2)], "figures are no evidence for it");
    assert_eq!(waits(&line, None, NOW).last(), Some(&Wait::Room(5)));
}

prop_compose! {
    /// Free room and a line: sizes of machines, and whether it was refused and must still wait.
    fn situations()(
        free in prop::collection::vec(0_u64..9, 0..5),
        line in prop::collection::vec((prop::collection::vec(1_u64..11, 1..4), 0_u8..6), 0..12),
    ) -> (Vec<u64>, Vec<Entry>) {
        let entry = |(n, (sizes, refused)): (u8, (Vec<u64>, u8))| {
            let machines = sizes.into_iter().map(|size| cpus(size * 1000)).collect();
            let retry_at = match refused {
                0 => Some(NOW),
                1 => Some(NOW.plus_s(1)),
                _ => None,
            };
            Entry { machines, retry_at, ..entry(n, "a", n.into()) }
        };
        (free.into_iter().map(|free| free * 1000).collect(), (0..).zip(line).map(entry).collect())
    }
}

proptest! {
    /// Nothing is admitted that fits nowhere, nor more than there is.
    #[test]
    fn who_is_admitted_has_room((free, line) in situations()) {
        let chosen = admit(&line, &mut room(&free), |entry| entry.is_due(NOW));
        let all: u64 = chosen.iter().flat_map(|entry| &entry.machines).map(|asked| asked.cpu_millis).sum();
        prop_assert!(all <= free.iter().sum());
        let largest = free.iter().copied().max().unwrap_or(0);
        for asked in chosen.iter().flat_map(|entry| &entry.machines) {
            prop_assert!(asked.cpu_millis <= largest);
        }
        // Each fits when it is its turn, on what those before it left.
        let mut left = room(&free);
        for entry in &chosen {
            prop_assert!(entry.is_due(NOW) && left.take(&entry.machines));
        }
    }

    /// Nobody passes one who waits for room, fresh or refused, and nobody comes with or after a second try.
    #[test]
    fn nobody_is_overtaken((free, line) in situations()) {
        let chosen = admit(&line, &mut room(&free), |entry| entry.is_due(NOW));
        let could_hold = |entry: &&Entry| room(&free).could_hold(&entry.machines);
        let in_turn: Vec<_> = line.iter().filter(could_hold).take(chosen.len()).collect();
        prop_assert_eq!(&chosen, &in_turn);
        let refused = chosen.iter().rev().skip(1).any(|entry| entry.was_refused());
        prop_assert!(!refused);
    }

    /// It goes on: whoever stands first, may be tried and has room is admitted.
    #[test]
    fn the_first_is_never_forgotten((free, line) in situations()) {
        let first = line.iter().find(|entry| room(&free).could_hold(&entry.machines));
        let is_next = first.filter(|entry| entry.is_due(NOW) && room(&free).take(&entry.machines));
        let chosen = admit(&line, &mut room(&free), |entry| entry.is_due(NOW));
        prop_assert_eq!(chosen.first().copied(), is_next);
    }
}
