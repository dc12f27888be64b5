//! Whether clocks agree: tokens, cookies and deadlines are made here and judged on nodes.

use std::time::Duration;

use domain::check::Check;
use domain::time::Timestamp;

use super::trial::Made;
use crate::observe::moment;

const NAME: &str = "clock";
/// How far a clock may be off: the cluster's moments have whole seconds only.
const SKEW_MAX: Duration = Duration::from_secs(3);

pub(super) fn check(made: &Made) -> Check {
    let meta = &made.pod.metadata;
    let server = meta.creation_timestamp.as_ref().map(moment);
    let started = made.pod.status.as_ref().and_then(|status| {
        let machine = status.container_statuses.as_ref()?.first()?;
        machine.state.as_ref()?.running.as_ref()?.started_at.as_ref().map(moment)
    });
    let clocks = [("the API server's", server), ("a node's", started)];
    let off =
        clocks.iter().filter_map(|(whose, at)| Some((*whose, off_by((*at)?, made.asked_at, made.seen_at)?)));
    let off: Vec<_> =
        off.map(|(whose, by)| format!("{whose} clock is {} s from ours", by.as_secs())).collect();
    if off.is_empty() {
        return Check::good(NAME, "API server, node and this computer agree");
    }
    Check::bad(
        NAME,
        off.join(", "),
        "let NTP set the clocks of this computer, of the nodes and of the API server",
    )
}

/// How far a moment lies outside of the time in which it was; none when it may be right.
fn off_by(at: Timestamp, from: Timestamp, until: Timestamp) -> Option<Duration> {
    let off = if at < from { from.since(at) } else { at.since(until.min(at)) };
    (off > SKEW_MAX).then_some(off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_right_is_off() {
        let at = Timestamp::from_ms;
        let (from, until) = (at(100_000), at(110_000));
        for (moment, expected) in
            [(98_000, None), (105_000, None), (113_000, None), (90_000, Some(10)), (170_000, Some(60))]
        {
            assert_eq!(off_by(at(moment), from, until), expected.map(Duration::from_secs), "{moment}");
        }
    }
}
