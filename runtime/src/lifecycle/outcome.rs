//! How a component ended, and what that means for the process.

use std::any::Any;

use tokio::task::JoinError;

use crate::BoxError;

/// How a component ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Finished,
    Failed(BoxError),
    Panicked(String),
    Aborted,
}

impl Outcome {
    pub(super) fn of(result: Result<Result<(), BoxError>, JoinError>) -> Self {
        match result {
            Ok(Ok(())) => Self::Finished,
            Ok(Err(error)) => Self::Failed(error),
            Err(join) => match join.try_into_panic() {
                Ok(panic) => Self::Panicked(panic_text(panic.as_ref())),
                Err(_) => Self::Aborted,
            },
        }
    }

    /// Logs the end, and answers whether it was a good one. `stopping`: a stop had been asked for before.
    pub(super) fn record(&self, component: &'static str, stopping: bool) -> bool {
        match self {
            Self::Finished if stopping => {
                tracing::debug!(component, "component stopped");
                return true;
            }
            Self::Finished => tracing::error!(component, "component ended too early"),
            Self::Failed(error) => {
                tracing::error!(component, error = %chain(error.as_ref()), "component failed");
            }
            Self::Panicked(panic) => tracing::error!(component, panic, "component panicked"),
            Self::Aborted => tracing::error!(component, "component did not stop in time and was aborted"),
        }
        false
    }
}

/// An error and its sources in one line, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let part = source.to_string();
        // Many errors already repeat their source.
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        next = source.source();
    }
    text
}

/// The message of a panic, if it is text as nearly all are.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "not text".to_owned())
}
