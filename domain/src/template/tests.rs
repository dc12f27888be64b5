use serde_json::{Value, json};

use super::{Egress, Template, version_of};

fn lab() -> Value {
    json!({"machines":[{"name":"main","runs":{"process":{"command":["sh"]}},
        "resources":{"cpu_millis":1000,"memory_mib":256},
        "home":{"path":"/home/student","size_mib":64},
        "apps":[{"name":"terminal","kind":"terminal"},{"name":"lab","kind":"http","port":8888,"path":"/lab"},
                {"name":"dev","kind":"http","ports":[3000,9999]}],
        "ready":{"http":{"app":"lab","path":"/api"}}}]})
}

fn errors_of(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut sent = lab();
    change(&mut sent);
    Template::parse(&sent).unwrap_err().into_iter().map(|error| error.field).collect()
}

#[test]
fn the_example_is_read() {
    let template = Template::parse(&lab()).unwrap();
    assert_eq!(template.network.egress, Egress::None);
    assert_eq!(template.app("dev").unwrap().1.ports, Some((3000, 9999)));
    assert_eq!(template.machines[0].start_deadline_s, 120);
}

#[test]
fn mistakes_name_their_field() {
    assert_eq!(errors_of(|t| t["machines"] = json!([])), ["machines"]);
    assert_eq!(errors_of(|t| t["colour"] = json!("red")), ["colour"]);
    assert_eq!(errors_of(|t| t["machines"][0]["colour"] = json!("red")), ["machines[0].colour"]);
    assert_eq!(
        errors_of(|t| t["machines"][0]["resources"]["cpu_millis"] = json!("much")),
        ["machines[0].resources.cpu_millis"]
    );
    assert_eq!(
        errors_of(|t| t["machines"][0]["resources"]["memory_mib"] = json!(0)),
        ["machines[0].resources.memory_mib"]
    );
    assert_eq!(
        errors_of(|t| t["machines"][0]["apps"][1]["port"] = Value::Null),
        ["machines[0].apps[1].port", "machines[0].ready.http.app"]
    );
    assert_eq!(errors_of(|t| t["machines"][0]["apps"][0]["port"] = json!(1)), ["machines[0].apps[0].port"]);
    assert_eq!(
        errors_of(|t| t["machines"][0]["apps"][2]["name"] = json!("lab")),
        ["machines[0].apps[2].name"]
    );
    assert_eq!(
        errors_of(|t| t["machines"][0]["home"]["path"] = json!("/etc/../x")),
        ["machines[0].home.path"]
    );
    assert_eq!(errors_of(|t| t["policy"] = json!({"lifetime_s": 100_000})), ["policy.lifetime_s"]);
    assert_eq!(errors_of(|t| t["network"] = json!({"egress":"all"})), ["network.egress"]);
    assert_eq!(errors_of(|t| t["machines"][0]["name"] = json!("x".repeat(21))), ["machines[0].name"]);
    assert_eq!(errors_of(|t| t["machines"][0]["runs"] = json!({})), ["machines[0].runs"]);
    assert_eq!(errors_of(|t| t["machines"][0]["placement"] = json!("G P U")), ["machines[0].placement"]);
}

/// What is written says no more than what was sent: a template without a placement stays one.
#[test]
fn a_machine_may_name_a_placement() {
    let mut sent = lab();
    let without = Template::parse(&sent).unwrap();
    assert_eq!(without.machines[0].placement, None);
    assert_eq!(serde_json::to_value(&without).unwrap()["machines"][0].get("placement"), None);
    sent["machines"][0]["placement"] = json!("gpu");
    let with = Template::parse(&sent).unwrap();
    assert_eq!(with.machines[0].placement, Some("gpu".parse().unwrap()));
    assert_eq!(Template::parse(&serde_json::to_value(&with).unwrap()), Ok(with));
}

#[test]
fn a_version_depends_on_content_and_not_on_order() {
    let one = version_of(&json!({"b":1,"a":[1.0,"é"]})).unwrap();
    let two = version_of(&json!({"a":[1,"é"],"b":1})).unwrap();
    assert_eq!(one, two);
    assert_ne!(one, version_of(&json!({"a":[1,"e"],"b":1})).unwrap());
}

/// Versions are the platform's names for what it published: no release of ours may change one.
#[test]
fn a_version_is_for_ever() {
    let version = version_of(&lab()).unwrap().to_string();
    assert_eq!(version, "sha256:a9baef57eaf9b8b807c23c4e097c7aa1d623c5ae30b6f0507b06a2c2ad84d01c");
}
