//! What all connections of a fake registry share.

use std::net::SocketAddr;

use parking_lot::Mutex;

use super::budget::Pulls;
use super::options::HubOptions;
use super::pace::Pace;
use super::tokens::Tokens;
use crate::testing::content::Content;
use crate::testing::counts::Counters;
use crate::testing::trouble::Troubles;

#[derive(Debug)]
pub(super) struct State {
    pub(super) url: String,
    pub(super) store_address: SocketAddr,
    pub(super) content: Mutex<Content>,
    pub(super) counts: Counters,
    pub(super) tokens: Tokens,
    pub(super) budget: Pulls,
    pub(super) pace: Pace,
    pub(super) trouble: Troubles,
    pub(super) options: HubOptions,
}

impl State {
    pub(super) fn new(options: HubOptions, url: String, store_address: SocketAddr) -> Self {
        Self {
            url,
            store_address,
            content: Mutex::default(),
            counts: Counters::default(),
            tokens: Tokens::default(),
            budget: Pulls::new(options.pulls),
            pace: Pace::default(),
            trouble: Troubles::default(),
            options,
        }
    }
}
