//! The last event about each object.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::time::Timestamp;
use k8s_openapi::api::core::v1::Event as Reported;

use super::{Event, moment};
use crate::cache::number;

/// What the kubelet says of every container that it ends: the event before it says why.
const ENDING: &str = "Killing";
/// Who places pods.
const SCHEDULER: &str = "default-scheduler";

/// The last event about each object, by the object's uid.
#[derive(Debug, Default)]
pub(crate) struct LastEvents(BTreeMap<String, (Order, Event)>);

/// Where an event stands among those about one object. Most have whole seconds only, so that within one it counts who
/// speaks: what the scheduler says comes before what the node does. Then the later write counts.
type Order = (i64, bool, u64);

impl LastEvents {
    /// The last of these.
    pub(crate) fn of(events: &[Arc<Reported>]) -> Self {
        let mut last: BTreeMap<String, (Order, Event)> = BTreeMap::new();
        for event in events.iter().filter(|event| event.reason.as_deref() != Some(ENDING)) {
            let Some(uid) = event.involved_object.uid.clone() else { continue };
            let order = order(event);
            if last.get(&uid).is_none_or(|(known, _)| *known <= order) {
                let reason = event.reason.clone().unwrap_or_default();
                let message = event.message.clone().unwrap_or_default();
                last.insert(uid, (order, Event { reason, message }));
            }
        }
        Self(last)
    }

    /// The last event about the object with this uid.
    pub(crate) fn about(&self, uid: &str) -> Option<&Event> {
        self.0.get(uid).map(|(_, event)| event)
    }
}

fn order(event: &Reported) -> Order {
    let source = event.source.as_ref().and_then(|source| source.component.as_deref());
    let speaker = event.reporting_component.as_deref().filter(|it| !it.is_empty()).or(source);
    let version = number(event.metadata.resource_version.as_deref());
    (last_seen(event).seconds(), speaker != Some(SCHEDULER), version)
}

/// When it happened last. Newer reporters, such as the scheduler, write other fields than older ones.
fn last_seen(event: &Reported) -> Timestamp {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref());
    let micro = series.or(event.event_time.as_ref()).map(|time| time.0.as_millisecond());
    let last = event.last_timestamp.as_ref().map(moment);
    last.or_else(|| micro.map(Timestamp::from_ms))
        .or_else(|| event.metadata.creation_timestamp.as_ref().map(moment))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As a kubelet, a provisioner or another of the older reporters writes it.
    fn old(uid: &str, reason: &str, second: u32, version: u32) -> Value {
        json!({"metadata": {"resourceVersion": version.to_string()}, "involvedObject": {"uid": uid},
            "reason": reason, "message": format!("says {reason}"), "source": {"component": "kubelet"},
            "lastTimestamp": format!("2026-09-01T08:00:{second:02}Z")})
    }

    /// As a scheduler writes it.
    fn new(reason: &str, at: &str, seen: Option<&str>, version: u32) -> Value {
        json!({"metadata": {"resourceVersion": version.to_string()}, "involvedObject": {"uid": "pod"},
            "reason": reason, "message": "", "reportingComponent": SCHEDULER, "eventTime": at, "lastTimestamp": null,
            "series": seen.map(|seen| json!({"count": 2, "lastObservedTime": seen}))})
    }

    fn last(events: &[Value], uid: &str) -> Option<String> {
        let read = |event: &Value| Arc::new(serde_json::from_value(event.clone()).unwrap());
        let events: Vec<_> = events.iter().map(read).collect();
        LastEvents::of(&events).about(uid).map(|event| event.reason.clone())
    }

    #[test]
    fn the_last_one_about_each_object_counts() {
        let events = [
            old("pod", "Pulling", 9, 1),
            old("pod", "FailedMount", 3, 2),
            old("claim", "ProvisioningFailed", 1, 3),
        ];
        assert_eq!(last(&events, "pod").as_deref(), Some("Pulling"));
        assert_eq!(last(&events, "claim").as_deref(), Some("ProvisioningFailed"));
        assert_eq!(last(&events, "other"), None);
        let ending = [old("pod", "Evicted", 3, 1), old("pod", ENDING, 4, 2)];
        assert_eq!(last(&ending, "pod").as_deref(), Some("Evicted"));
    }

    #[test]
    fn within_a_second_the_node_comes_after_the_scheduler_and_the_later_write_after_the_earlier() {
        let waits = new("FailedScheduling", "2026-09-01T08:00:01.100000Z", None, 1);
        let placed = new("Scheduled", "2026-09-01T08:00:05.900000Z", None, 5);
        assert_eq!(last(&[placed.clone(), waits.clone()], "pod").as_deref(), Some("Scheduled"));
        let pulling = old("pod", "Pulling", 5, 6);
        assert_eq!(last(&[pulling.clone(), placed, waits], "pod").as_deref(), Some("Pulling"));
        assert_eq!(last(&[old("pod", "Pulled", 5, 7), pulling], "pod").as_deref(), Some("Pulled"));
    }

    #[test]
    fn what_goes_on_is_as_late_as_it_was_last_seen() {
        let again = Some("2026-09-01T08:00:40.000000Z");
        let goes_on = new("FailedScheduling", "2026-09-01T08:00:01.000000Z", again, 9);
        assert_eq!(
            last(&[old("pod", "FailedMount", 20, 3), goes_on], "pod").as_deref(),
            Some("FailedScheduling")
        );
    }
}
