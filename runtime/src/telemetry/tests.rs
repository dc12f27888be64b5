use prometheus_client::metrics::counter::Counter;

use super::capture::log_of;
use super::{Error, Format, Telemetry, TelemetryOptions};

#[test]
fn lines_are_flat_json() {
    let log = log_of(|| tracing::info!(sandbox.id = "bj-1", "made"));
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["sandbox.id"], "bj-1");
    assert_eq!(log[0]["message"], "made");
    assert_eq!(log[0]["level"], "INFO");
    assert!(log[0]["timestamp"].is_string());
}

#[test]
fn a_panic_is_logged_with_its_place() {
    let log = log_of(|| {
        // The hook is the whole process's, so the function is called without installing it.
        let line = line!() + 1;
        let hook_test = std::thread::spawn(|| panic!("as the test wants"));
        assert!(hook_test.join().is_err());
        tracing::info!(line, "done");
    });
    assert_eq!(log.len(), 1);
}

#[test]
fn auto_is_pretty_on_a_terminal_only() {
    assert!(Format::Auto.is_pretty(true) && !Format::Auto.is_pretty(false));
    assert!(Format::Pretty.is_pretty(false) && !Format::Json.is_pretty(true));
}

#[test]
fn a_bad_filter_is_refused_with_its_field() {
    let options = TelemetryOptions { filter: "loud==".to_owned(), ..TelemetryOptions::default() };
    let error = Telemetry::install(&options).unwrap_err();
    assert!(matches!(error, Error::Filter { .. }));
    assert!(error.to_string().starts_with("telemetry.filter: "), "{error}");
}

#[test]
fn metrics_carry_our_prefix() {
    let telemetry = Telemetry::quiet();
    let tickets = Counter::<u64>::default();
    telemetry.registry().with(|registry| registry.register("tickets", "Tickets sold", tickets.clone()));
    tickets.inc();
    let text = telemetry.registry().encode().unwrap();
    assert!(text.contains("qingjiao_tickets_total 1\n"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}
