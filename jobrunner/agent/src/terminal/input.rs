//! What was typed and is not yet written to the program.

use std::collections::VecDeque;

use bytes::Bytes;

use super::clients::Verdict;
use super::state::State;
use super::tab::{Closing, TabId};

/// No more is read from a session's tabs while this much waits for its program.
const PENDING_MAX_BYTES: usize = 2 * 1024 * 1024;
const WRITE_BYTES: usize = 4096;

#[derive(Debug)]
struct Typed {
    client: String,
    number: u64,
    bytes: Bytes,
}

/// Input in the order in which it came, of all tabs.
#[derive(Debug, Default)]
pub(super) struct Pending {
    typed: VecDeque<Typed>,
    bytes: usize,
}

impl State {
    /// A tab has typed.
    pub(super) fn typed(&mut self, id: TabId, number: u64, bytes: Bytes) {
        if self.ended.is_some() {
            return;
        }
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        match self.clients.accept(&tab.client, number) {
            Verdict::Next => {
                self.pending.bytes += bytes.len();
                self.pending.typed.push_back(Typed { client: tab.client.clone(), number, bytes });
            }
            // Told again, so that it stops sending it.
            Verdict::Repeat => tab.told.ack = None,
            Verdict::Gap => self.close(id, Closing::InputGap),
        }
    }

    /// Whether tabs must wait before they send more.
    pub(super) fn is_input_full(&self) -> bool {
        self.pending.bytes >= PENDING_MAX_BYTES
    }

    /// The next bytes to write.
    pub(super) fn next_input(&mut self) -> Option<Bytes> {
        self.settle();
        self.pending.typed.front().map(|typed| typed.bytes.slice(..typed.bytes.len().min(WRITE_BYTES)))
    }

    /// That many of them were written; what is complete is acknowledged.
    pub(super) fn wrote(&mut self, bytes: usize) {
        if let Some(typed) = self.pending.typed.front_mut() {
            self.pending.bytes -= bytes;
            let _ = typed.bytes.split_to(bytes);
        }
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(typed) = self.pending.typed.pop_front_if(|typed| typed.bytes.is_empty()) {
            self.clients.apply(&typed.client, typed.number);
        }
    }
}
