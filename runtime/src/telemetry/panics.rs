//! Panics go to the log like everything else.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

/// Replaces the default hook, which would write to standard error in a format of its own.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(log));
}

pub(super) fn log(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("not text");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(panic.message = message, panic.location = location, %backtrace, "panic");
    } else {
        tracing::error!(panic.message = message, panic.location = location, "panic");
    }
}
