//! Who has typed what: per tab the last input number, kept long after the tab has gone, so that nothing that it sends
//! again is typed twice.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// How long a tab may be away and still go on where it was.
const KEPT_FOR: Duration = Duration::from_secs(2 * 3600);
/// More tabs than this are not remembered; the one that left first is forgotten first.
const CLIENTS_MAX: usize = 256;

/// What an input number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The next one: to be written.
    Next,
    /// Seen before: acknowledged, not written.
    Repeat,
    /// Something is missing before it.
    Gap,
}

#[derive(Debug)]
struct Client {
    /// The last number that was taken.
    accepted: u64,
    /// The last number that was written to the program.
    applied: u64,
    /// An old tab that is not known here: its first number, whatever it is, is the next one.
    joins_anywhere: bool,
    left_at: Option<Instant>,
}

/// All tabs that are remembered.
#[derive(Debug, Default)]
pub(super) struct Clients(HashMap<String, Client>);

impl Clients {
    /// A tab is here. `has_history` says that it was attached before, to this session or an earlier life of it. Gives
    /// the last input number that was applied.
    pub(super) fn attach(&mut self, id: &str, has_history: bool, now: Instant) -> u64 {
        self.forget_old(now);
        let fresh = || Client { accepted: 0, applied: 0, joins_anywhere: has_history, left_at: None };
        let client = self.0.entry(id.to_owned()).or_insert_with(fresh);
        client.left_at = None;
        client.applied
    }

    /// The tab has gone.
    pub(super) fn leave(&mut self, id: &str, now: Instant) {
        if let Some(client) = self.0.get_mut(id) {
            client.left_at = Some(now);
        }
    }

    /// Judges a number; the next one counts as taken.
    pub(super) fn accept(&mut self, id: &str, number: u64) -> Verdict {
        let Some(client) = self.0.get_mut(id) else { return Verdict::Gap };
        if number <= client.accepted {
            return Verdict::Repeat;
        }
        if number != client.accepted + 1 && !client.joins_anywhere {
            return Verdict::Gap;
        }
        client.joins_anywhere = false;
        client.accepted = number;
        Verdict::Next
    }

    /// Everything up to `number` was written.
    pub(super) fn apply(&mut self, id: &str, number: u64) {
        if let Some(client) = self.0.get_mut(id) {
            client.applied = number;
        }
    }

    /// The last number that was written.
    pub(super) fn applied(&self, id: &str) -> u64 {
        self.0.get(id).map_or(0, |client| client.applied)
    }

    /// The program has ended: what it never read was meant for it, not for the next one.
    pub(super) fn abandon_unwritten(&mut self) {
        for client in self.0.values_mut() {
            client.applied = client.accepted;
        }
    }

    fn forget_old(&mut self, now: Instant) {
        self.0.retain(|_, client| client.left_at.is_none_or(|left| now.duration_since(left) < KEPT_FOR));
        while self.0.len() >= CLIENTS_MAX {
            let left = self.0.iter().filter_map(|(id, client)| client.left_at.map(|at| (at, id)));
            let Some(first) = left.min().map(|(_, id)| id.clone()) else { return };
            self.0.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_numbers() {
        let (mut clients, now) = (Clients::default(), Instant::now());
        assert_eq!(clients.attach("a", false, now), 0);
        assert_eq!(clients.accept("a", 2), Verdict::Gap);
        assert_eq!(clients.accept("a", 1), Verdict::Next);
        assert_eq!(clients.accept("a", 1), Verdict::Repeat);
        assert_eq!(clients.attach("a", false, now), 0, "taken but not written");
        clients.apply("a", 1);
        assert_eq!(clients.attach("a", false, now), 1);
        assert_eq!(clients.accept("a", 3), Verdict::Gap);
        assert_eq!(clients.accept("b", 1), Verdict::Gap, "never attached");
    }

    #[test]
    fn an_old_tab_joins_anywhere_once() {
        let (mut clients, now) = (Clients::default(), Instant::now());
        clients.attach("a", true, now);
        assert_eq!(clients.accept("a", 57), Verdict::Next);
        assert_eq!(clients.accept("a", 59), Verdict::Gap);
        assert_eq!(clients.accept("a", 58), Verdict::Next);
    }

    #[test]
    fn remembers_for_an_hour_and_is_bounded() {
        let (mut clients, now) = (Clients::default(), Instant::now());
        for number in 0..1000 {
            let id = number.to_string();
            clients.attach(&id, false, now);
            clients.accept(&id, 1);
            clients.apply(&id, 1);
            clients.leave(&id, now + Duration::from_millis(number));
        }
        assert_eq!(clients.0.len(), CLIENTS_MAX);
        let later = now + Duration::from_secs(3600 + 60);
        assert_eq!(clients.attach("999", false, later), 1);
        assert_eq!(clients.attach("0", false, later), 0);
        assert_eq!(clients.attach("998", false, now + 2 * KEPT_FOR), 0);
    }
}
