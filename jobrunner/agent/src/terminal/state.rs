//! What a session knows. Pure: it does no input or output and never waits; the session's tasks act on it.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::clients::Clients;
use super::frames::{Attach, ToTab};
use super::input::Pending;
use super::ring::Ring;
use super::size::Size;
use super::tab::{Closing, Tab, TabId, Told};
use crate::reaper::Ended;

/// How many tabs may share a session.
pub(super) const TABS_MAX: usize = 16;

/// A session's output, input, tabs and end.
#[derive(Debug)]
pub(super) struct State {
    pub(super) incarnation: String,
    pub(super) ring: Ring,
    pub(super) tabs: BTreeMap<TabId, Tab>,
    pub(super) clients: Clients,
    pub(super) pending: Pending,
    pub(super) size: Size,
    pub(super) ended: Option<Ended>,
    redraw: bool,
    next_tab: TabId,
}

impl State {
    /// A session that begins, for a first tab of this size. `clients` are those of its earlier life.
    pub(super) fn new(incarnation: String, size: Size, clients: Clients) -> Self {
        Self {
            incarnation,
            ring: Ring::default(),
            tabs: BTreeMap::new(),
            clients,
            pending: Pending::default(),
            size: size.sane(),
            ended: None,
            redraw: false,
            next_tab: 0,
        }
    }

    /// Takes a tab in, or says that there are too many.
    pub(super) fn attach(&mut self, attach: &Attach, now: Instant) -> Result<(TabId, ToTab), Closing> {
        self.replace(&attach.client);
        if self.open_tabs().count() >= TABS_MAX {
            return Err(Closing::Full);
        }
        let (from, lost) = self.position(attach);
        let input = self.clients.attach(&attach.client, attach.incarnation.is_some(), now);
        let id = self.next_tab;
        self.next_tab += 1;
        let tab = Tab {
            client: attach.client.clone(),
            size: attach.size.sane(),
            cursor: from,
            seen: None,
            progress_at: now,
            closing: None,
            told: Told { ack: Some(input), size: self.size, exit: false },
        };
        self.tabs.insert(id, tab);
        self.refit();
        self.redraw |= lost && self.ring.end() > 0;
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.told.size = self.size;
        }
        let incarnation = self.incarnation.clone();
        Ok((id, ToTab::Attached { incarnation, from, end: self.ring.end(), lost, input, size: self.size }))
    }

    /// The tab's connection is over.
    pub(super) fn detach(&mut self, id: TabId, now: Instant) {
        let Some(tab) = self.tabs.remove(&id) else { return };
        if !self.open_tabs().any(|other| other.client == tab.client) {
            self.clients.leave(&tab.client, now);
        }
        self.refit();
    }

    /// The tab's window has another size.
    pub(super) fn resize(&mut self, id: TabId, size: Size) {
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.size = size.sane();
        }
        self.refit();
    }

    /// Marks a tab to be closed.
    pub(super) fn close(&mut self, id: TabId, why: Closing) {
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.closing.get_or_insert(why);
        }
        self.refit();
    }

    /// Marks all tabs to be closed.
    pub(super) fn close_all(&mut self, why: Closing) {
        for tab in self.tabs.values_mut() {
            tab.closing.get_or_insert(why);
        }
    }

    /// The program has ended, and all its output is here.
    pub(super) fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        self.pending = Pending::default();
        self.clients.abandon_unwritten();
    }

    /// What the PTY must be told: a size other than `in_force`, or that the program must draw itself again.
    pub(super) fn size_to_apply(&mut self, in_force: Size) -> Option<(Size, bool)> {
        let redraw = std::mem::take(&mut self.redraw);
        (redraw || self.size != in_force).then_some((self.size, redraw))
    }

    /// Tabs that are not about to be closed.
    pub(super) fn open_tabs(&self) -> impl Iterator<Item = &Tab> {
        self.tabs.values().filter(|tab| tab.closing.is_none())
    }

    /// The smallest window rules; without a tab the last size stays.
    fn refit(&mut self) {
        if let Some(size) = self.open_tabs().map(|tab| tab.size).reduce(Size::smaller) {
            self.size = size;
        }
    }

    fn replace(&mut self, client: &str) {
        for tab in self.tabs.values_mut().filter(|tab| tab.client == client) {
            tab.closing.get_or_insert(Closing::Replaced);
        }
    }

    /// Where a tab's output begins, and whether it has missed some.
    fn position(&self, attach: &Attach) -> (u64, bool) {
        let foreign = attach.incarnation.as_ref().is_some_and(|seen| *seen != self.incarnation);
        let kept = self.ring.start()..=self.ring.end();
        if !foreign && kept.contains(&attach.seen) {
            return (attach.seen, false);
        }
        (self.ring.restart(), true)
    }
}
