//! How far a warm job is.

use serde::{Deserialize, Serialize};

use super::Wish;
use crate::clock::Milliseconds;

/// A warm job, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number; newer ones are larger, and numbers begin again when the mirror restarts.
    pub id: u64,
    /// When it was asked for, in milliseconds since the Unix epoch.
    pub created_ms: Milliseconds,
    /// When it ended.
    pub ended_ms: Option<Milliseconds>,
    /// Each image that was asked for.
    pub images: Vec<ImageProgress>,
}

/// How far one image is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageProgress {
    /// As people write it.
    pub image: String,
    /// Where it is.
    pub state: State,
    /// Of configuration and layers that are here and verified.
    pub done_bytes: u64,
    /// Of configuration and layers in all; 0 until the manifest is known.
    pub total_bytes: u64,
    /// What is wrong, in words: the last fault while it is tried again, the final one when it failed.
    pub error: Option<String>,
}

/// Where an image of a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not begun.
    Waiting,
    /// Under way.
    Filling,
    /// All of it is here and verified.
    Complete,
    /// Given up.
    Failed,
}

impl Job {
    pub(super) fn new(id: u64, wish: &Wish, created_ms: Milliseconds) -> Self {
        let images = wish.images.iter().map(|image| ImageProgress {
            image: image.to_string(),
            state: State::Waiting,
            done_bytes: 0,
            total_bytes: 0,
            error: None,
        });
        Self { id, created_ms, ended_ms: None, images: images.collect() }
    }

    /// Whether every image is complete or failed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended_ms.is_some()
    }
}
