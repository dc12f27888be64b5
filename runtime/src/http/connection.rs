//! What a server knows of one connection.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

/// One accepted connection.
#[derive(Debug, Clone)]
pub struct Connection<A> {
    /// Where it comes from.
    pub peer: A,
    /// Its place among the connections that the server allows.
    pub slot: Slot,
}

/// A place among the connections that a server allows. It is free again when every clone is dropped: a task
/// that takes over an upgraded connection keeps one, so that the limit counts it as long as it lives.
#[derive(Debug, Clone)]
pub struct Slot {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Slot {
    pub(super) fn new(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: Arc::new(permit) }
    }
}
