//! Creates of many callers in one transaction: who finds the turn free carries out everything that waits.
//!
//! A class's start is hundreds of creates at once, most of one tenant, whose row each must lock; one by one they
//! would wait for each other's commit.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Created;
use super::create::{CREATED_AT_ONCE_MAX, together};
use super::draft::Draft;
use crate::error::Error;
use crate::store::Store;

type Answer = Result<Created, Error>;

/// The creates that wait, and the turn to carry them out.
#[derive(Debug, Default)]
pub(crate) struct Combiner {
    waiting: Mutex<VecDeque<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting {
    draft: Arc<Draft>,
    answer: oneshot::Sender<Answer>,
}

/// Creates one sandbox, together with whatever else waits.
pub(super) async fn create(store: &Store, draft: Arc<Draft>) -> Answer {
    loop {
        let (answer, answered) = oneshot::channel();
        store.combiner().waiting.lock().push_back(Waiting { draft: draft.clone(), answer });
        if let Some(answer) = wait(store, answered).await {
            return answer;
        }
        // Whoever carried it out was cancelled, so nobody knows what became of it: the ref tells.
    }
}

async fn wait(store: &Store, mut answered: oneshot::Receiver<Answer>) -> Option<Answer> {
    loop {
        tokio::select! {
            biased;
            answer = &mut answered => return answer.ok(),
            _turn = store.combiner().turn.lock() => carry_out(store).await,
        }
    }
}

/// Everything that waits, up to what one transaction takes. Nobody waits for the answer of a caller that left.
async fn carry_out(store: &Store) {
    let batch: Vec<Waiting> = {
        let mut waiting = store.combiner().waiting.lock();
        let count = waiting.len().min(CREATED_AT_ONCE_MAX);
        waiting.drain(..count).filter(|item| !item.answer.is_closed()).collect()
    };
    let drafts: Vec<Arc<Draft>> = batch.iter().map(|item| item.draft.clone()).collect();
    let answers = if drafts.is_empty() { Vec::new() } else { together(store, &drafts).await };
    for (item, answer) in batch.into_iter().zip(answers) {
        // A caller that left has no use for it.
        drop(item.answer.send(answer));
    }
}
