//! What the program has written, on its way to the tabs. Each tab reads the ring at its own pace, so nothing is
//! queued for it and memory stays bounded however slow it is.

use tokio::time::Instant;

use super::frames::ToTab;
use super::state::State;
use super::tab::{Closing, LAG_MAX_BYTES, TabId};

const FRAME_BYTES: usize = 32 * 1024;

/// The next thing that a tab must be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToSend {
    Message(ToTab),
    Output { offset: u64, bytes: Vec<u8> },
    Close(Closing),
}

impl State {
    /// The program has written. A tab that needs what is forgotten now was too slow.
    pub(super) fn push(&mut self, output: &[u8]) {
        self.ring.push(output);
        let start = self.ring.start();
        for tab in self.tabs.values_mut().filter(|tab| tab.cursor < start) {
            tab.closing.get_or_insert(Closing::TooSlow);
        }
    }

    /// Whether more may be read from the program: the fastest tab sets the pace, and without tabs nothing does.
    pub(super) fn may_read(&self) -> bool {
        let fastest = self.open_tabs().map(|tab| tab.lag(self.ring.end())).min();
        fastest.is_none_or(|lag| lag < LAG_MAX_BYTES)
    }

    /// Whether a tab makes the program wait without taking anything.
    pub(super) fn has_stalled(&self, now: Instant) -> bool {
        !self.may_read() && self.open_tabs().any(|tab| tab.is_stalled(now))
    }

    /// Closes the tabs that make the program wait without taking anything.
    pub(super) fn close_stalled(&mut self, now: Instant) {
        for tab in self.tabs.values_mut().filter(|tab| tab.is_stalled(now)) {
            tab.closing.get_or_insert(Closing::TooSlow);
        }
    }

    /// The tab has drawn up to `offset`.
    pub(super) fn seen(&mut self, id: TabId, offset: u64, now: Instant) {
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.seen = Some(offset.min(tab.cursor).max(tab.seen.unwrap_or_default()));
            tab.progress_at = now;
        }
    }

    /// What the tab must be sent next. It has taken everything that it was given before.
    pub(super) fn next_for(&mut self, id: TabId, now: Instant) -> Option<ToSend> {
        let unthrottled = self.is_input_full();
        let tab = self.tabs.get_mut(&id)?;
        if let Some(why) = tab.closing {
            return Some(ToSend::Close(why));
        }
        if tab.told.size != self.size {
            tab.told.size = self.size;
            return Some(ToSend::Message(ToTab::Size(self.size)));
        }
        let applied = self.clients.applied(&tab.client);
        if tab.told.ack != Some(applied) {
            tab.told.ack = Some(applied);
            return Some(ToSend::Message(ToTab::Ack { input: applied }));
        }
        if tab.cursor < self.ring.end() {
            // Behind a flood of input lies the report of what was drawn; waiting for it would wait for ever.
            if !tab.has_window(now) && !unthrottled {
                return None;
            }
            let (offset, bytes) = (tab.cursor, self.ring.read(tab.cursor, FRAME_BYTES));
            tab.cursor += bytes.len() as u64;
            tab.progress_at = now;
            return Some(ToSend::Output { offset, bytes });
        }
        let ended = self.ended.filter(|_| !tab.told.exit)?;
        tab.told.exit = true;
        Some(ToSend::Message(ToTab::exit(ended)))
    }
}
