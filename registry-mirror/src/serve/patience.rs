//! How long a client waits for the head of an answer, and what is done within that time.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::source::Fault;

/// From the last byte of a request to the head of its answer: containerd waits 30 s.
pub(super) const HEADERS_WITHIN: Duration = Duration::from_secs(25);
/// How soon a used-up budget is asked for again when nobody says when, and at the soonest.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Ended {
    Fault(Fault),
    /// The client's patience ends.
    TooSlow,
}

/// Asks; and again, when an upstream's rate budget is all that is missing and comes back in time: a node
/// that hears of it would only add to the load.
pub(super) async fn ask<T, F>(deadline: Instant, question: impl Fn() -> F) -> Result<T, Ended>
where
    F: Future<Output = Result<T, Fault>>,
{
    loop {
        let answer = timeout_at(deadline, question()).await.map_err(|_| Ended::TooSlow)?;
        let fault = match answer {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        let Fault::Limited { retry_after, .. } = &fault else { return Err(Ended::Fault(fault)) };
        let again = Instant::now() + retry_after.unwrap_or(ASK_AGAIN_AFTER).max(ASK_AGAIN_AFTER);
        if again >= deadline {
            return Err(Ended::Fault(fault));
        }
        sleep_until(again).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn limited(seconds: Option<u64>) -> Fault {
        Fault::Limited { source_name: "hub".to_owned(), retry_after: seconds.map(Duration::from_secs) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_that_comes_back_in_time_is_waited_for() {
        let (asked, begin) = (AtomicU32::new(0), Instant::now());
        let answer = ask(begin + HEADERS_WITHIN, || {
            std::future::ready(match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err(limited(Some(7))),
                1 => Err(limited(None)),
                _ => Ok(()),
            })
        });
        answer.await.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_secs(8));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_is_told_at_once() {
        let begin = Instant::now();
        let ended = ask(begin + HEADERS_WITHIN, || std::future::ready(Err::<(), _>(limited(Some(60)))))
            .await
            .unwrap_err();
        assert!(matches!(ended, Ended::Fault(Fault::Limited { .. })));
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upstream_that_says_nothing_is_not_waited_for_longer_than_a_client_waits() {
        let begin = Instant::now();
        let ended = ask(begin + HEADERS_WITHIN, std::future::pending::<Result<(), Fault>>);
        assert!(matches!(ended.await, Err(Ended::TooSlow)));
        assert_eq!(begin.elapsed(), HEADERS_WITHIN);
    }
}
