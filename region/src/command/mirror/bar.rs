//! Progress in bytes: bars on a terminal, nothing elsewhere.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::super::Invocation;

const TEMPLATE: &str = "{msg:<48!} {bar:24} {binary_bytes:>11} / {binary_total_bytes:<11} {prefix}";

/// Several bars, gone when dropped.
#[derive(Debug)]
pub(super) struct Bars {
    all: Option<MultiProgress>,
    bars: Vec<ProgressBar>,
}

impl Bars {
    pub(super) fn new(invocation: &Invocation) -> Self {
        Self { all: invocation.output.is_live().then(MultiProgress::new), bars: Vec::new() }
    }

    /// Shows how far number `at` is.
    pub(super) fn show(&mut self, at: usize, name: &str, (done, total): (u64, u64), state: &str) {
        let Some(all) = &self.all else { return };
        while self.bars.len() <= at {
            let style =
                ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
            self.bars.push(all.add(ProgressBar::new(0).with_style(style)));
        }
        let Some(bar) = self.bars.get(at) else { return };
        bar.set_message(name.to_owned());
        bar.set_prefix(state.to_owned());
        bar.set_length(total);
        bar.set_position(done);
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.bars.iter().for_each(ProgressBar::finish_and_clear);
    }
}
