use std::sync::atomic::Ordering;

use domain::time::ManualClock;
use http::HeaderValue;
use tokio::task::JoinSet;

use super::*;
use crate::api::ApiAddress;
use crate::tests::ScriptedApi;

const SANDBOX: &str = "bj-abcdefghij234567";

struct Setting {
    api: Api,
    scripted: Arc<ScriptedApi>,
    clock: Arc<ManualClock>,
    activity: Activity,
    pulse: Arc<Pulse>,
    _tasks: JoinSet<()>,
}

async fn setting() -> Setting {
    let mut tasks = JoinSet::new();
    let (scripted, address) = ScriptedApi::start("Bearer x".to_owned(), Value::Null, &mut tasks).await;
    let address = ApiAddress::parse(&format!("http://{address}")).unwrap();
    let api = Api::new(address, HeaderValue::from_static("Bearer x"));
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(1_000_000)));
    let activity = Activity::new("proxy-1".to_owned(), clock.clone());
    let pulse = activity.pulse(&SANDBOX.parse().unwrap());
    Setting { api, scripted, clock, activity, pulse, _tasks: tasks }
}

impl Setting {
    fn beat(&self) {
        self.pulse.beat(self.clock.now());
    }

    /// A report after ten seconds; answers what arrived, if it did.
    async fn report(&self) -> Option<Value> {
        self.clock.advance(REPORT_EVERY);
        self.activity.report(&self.api).await.ok()?;
        self.scripted.activity.lock().last().cloned()
    }
}

#[tokio::test]
async fn an_open_connection_is_told_but_is_no_sign_of_life() {
    let setting = setting().await;
    setting.beat();
    let live = setting.pulse.connect(1).unwrap();
    assert!(setting.pulse.connect(1).is_none(), "the limit");
    let first = setting.report().await.unwrap();
    assert_eq!(first["active"], json!([{"sandbox": SANDBOX, "at": "1970-01-01T00:16:40Z"}]));
    assert_eq!(first["connected"], json!([SANDBOX]));

    let second = setting.report().await.unwrap();
    assert_eq!((&second["active"], &second["connected"]), (&json!([]), &json!([SANDBOX])));
    assert_eq!(second["from"], first["to"], "spans follow each other");
    drop(live);
    assert_eq!(setting.report().await.unwrap()["connected"], json!([]));
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later() {
    let setting = setting().await;
    setting.beat();
    setting.scripted.is_away.store(true, Ordering::SeqCst);
    assert_eq!(setting.report().await, None);
    assert_eq!(setting.report().await, None);
    setting.scripted.is_away.store(false, Ordering::SeqCst);
    let told = setting.report().await.unwrap();
    assert_eq!(told["active"][0]["at"], "1970-01-01T00:16:40Z");
    assert_eq!(
        (&told["from"], &told["to"]),
        (&json!("1970-01-01T00:16:40Z"), &json!("1970-01-01T00:17:10Z"))
    );
}

#[tokio::test]
async fn sandboxes_that_nobody_visits_are_forgotten() {
    let mut setting = setting().await;
    setting.beat();
    setting.pulse = Arc::default();
    setting.report().await.unwrap();
    assert!(setting.activity.pulses.lock().is_empty());
}
