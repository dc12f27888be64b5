//! Questions that many ask at once and that are put once.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;

/// Questions under way, by key. Whoever asks while one is under way gets its answer. A question goes on as
/// long as one of those who asked still waits.
#[derive(Debug)]
pub(crate) struct Flights<K, T> {
    underway: Mutex<HashMap<K, Shared<BoxFuture<'static, T>>>>,
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self { underway: Mutex::new(HashMap::new()) }
    }
}

impl<K: Clone + Eq + Hash, T: Clone> Flights<K, T> {
    /// The answer to the question under `key`, and whether this caller was the one who put it.
    pub(crate) async fn ask<F>(&self, key: K, question: impl FnOnce() -> F) -> (T, bool)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (flight, led) = self.board(&key, question);
        let answer = flight.clone().await;
        let mut underway = self.underway.lock();
        if underway.get(&key).is_some_and(|current| current.ptr_eq(&flight)) {
            underway.remove(&key);
        }
        (answer, led)
    }

    fn board<F>(&self, key: &K, question: impl FnOnce() -> F) -> (Shared<BoxFuture<'static, T>>, bool)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut underway = self.underway.lock();
        // An entry whose askers have all gone is not driven by anybody and is put again.
        if let Some(flight) = underway.get(key).filter(|flight| flight.strong_count().is_some_and(|n| n > 1))
        {
            return (flight.clone(), false);
        }
        let flight = question().boxed().shared();
        underway.insert(key.clone(), flight.clone());
        (flight, true)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_question_is_put_once_and_again_after_its_askers_left() {
        let flights = Flights::<u8, u32>::default();
        let (asked, open) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let question = || {
            let (asked, open) = (asked.clone(), open.clone());
            async move {
                let count = asked.fetch_add(1, Ordering::SeqCst) + 1;
                open.notified().await;
                count
            }
        };
        let left = flights.ask(1, question);
        assert!(left.now_or_never().is_none());
        let (one, two, ()) =
            tokio::join!(flights.ask(1, question), flights.ask(1, question), async { open.notify_one() });
        assert_eq!((one, two), ((2, true), (2, false)));
    }
}
