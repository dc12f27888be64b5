//! The pause before a list or a watch is asked for again: none at first, then longer each time, until one goes well.

use std::time::Duration;

use domain::provider::Error;
use tokio::time::sleep;

use crate::call::Answer;

const FIRST: Duration = Duration::from_millis(250);
/// The longest, unless the API server asks for a longer one.
pub(super) const MAX: Duration = Duration::from_secs(8);

/// The next pause.
#[derive(Debug, Default)]
pub(super) struct Pause(Duration);

impl Pause {
    /// Pauses, at least for as long as the answer asks for.
    pub(super) async fn wait(&mut self, answer: Option<&Answer>) {
        sleep(self.next(answer)).await;
    }

    fn next(&mut self, answer: Option<&Answer>) -> Duration {
        let pause = self.0.max(answer.map_or(Duration::ZERO, asked_for));
        self.0 = (self.0 * 2).clamp(FIRST, MAX);
        pause
    }

    /// It went well: the next pause is none.
    pub(super) const fn reset(&mut self) {
        self.0 = Duration::ZERO;
    }
}

fn asked_for(answer: &Answer) -> Duration {
    match answer {
        Answer::Failed(Error::Throttled { retry_after_s: Some(seconds) }) => Duration::from_secs(*seconds),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_something_goes_well_and_are_as_long_as_asked_for() {
        let mut pause = Pause::default();
        let all: Vec<_> = (0..8).map(|_| pause.next(None).as_millis()).collect();
        assert_eq!(all, [0, 250, 500, 1000, 2000, 4000, 8000, 8000]);
        pause.reset();
        let throttled = Answer::Failed(Error::Throttled { retry_after_s: Some(30) });
        assert_eq!(pause.next(Some(&throttled)), Duration::from_secs(30));
        assert_eq!(pause.next(None), FIRST);
    }
}
