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

/// Set in the copy of this test program that plays a whole process.
const PROCESS: &str = "QINGJIAO_TEST_TELEMETRY_PROCESS";

/// Runs in a process of its own, as log and panic hook are the whole process's.
#[test]
fn a_panic_is_logged_with_its_place() {
    if std::env::var_os(PROCESS).is_some() {
        return process();
    }
    let test = ["--exact", "telemetry::tests::a_panic_is_logged_with_its_place", "--nocapture"];
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program).args(test).env(PROCESS, "1").output().unwrap();
    assert!(output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["panic.message"], "as the test wants");
    assert!(lines[0]["panic.location"].as_str().unwrap().contains("telemetry/tests.rs"), "{log}");
}

fn process() {
    let options = TelemetryOptions { format: Format::Json, ..TelemetryOptions::default() };
    Telemetry::install(&options).unwrap();
    assert!(matches!(Telemetry::install(&options), Err(Error::Twice)));
    assert!(std::thread::spawn(|| panic!("as the test wants")).join().is_err());
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
