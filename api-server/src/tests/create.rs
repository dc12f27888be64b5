//! Creating, reading and listing sandboxes.

use domain::seal::Sealer;
use domain::secret::Secret;
use serde_json::{Value, json};

use super::world::{OPERATOR, PLATFORM, SCHOOL_1, World, asked};

#[tokio::test]
async fn a_create_is_accepted_with_its_place_and_its_addresses() {
    let world = World::with_lab().await;
    let created = world.post(PLATFORM, "/v1/sandboxes", &asked("s1", "school-1")).await;
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(created.headers["location"], format!("/v1/sandboxes/{id}"));
    let created = created.expect(202);
    assert_eq!((&created["phase"], &created["wanted"]), (&json!("queued"), &json!("running")));
    assert_eq!(created["queue"]["place"], 1);
    assert_eq!(created["warnings"], json!([]));
    assert_eq!(created["apps"][1]["url"], format!("http://lab--{id}.localhost:8080/lab"));
    assert_eq!(created["apps"][3]["url"], Value::Null);
    assert!(created["template"].as_str().unwrap().starts_with("lab@sha256:"));
    let second = world.post(PLATFORM, "/v1/sandboxes", &asked("s2", "school-1")).await.expect(202);
    assert_eq!(second["queue"]["place"], 2);
    let mut read = world.get(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(200);
    read["warnings"] = json!([]);
    assert_eq!(read, created);
}

#[tokio::test]
async fn a_ref_names_one_request() {
    let world = World::with_lab().await;
    let first = world.post(PLATFORM, "/v1/sandboxes", &asked("s1", "school-1")).await.expect(202);
    let mut reordered = serde_json::Map::new();
    for (name, value) in asked("s1", "school-1").as_object().unwrap().iter().rev() {
        reordered.insert(name.clone(), value.clone());
    }
    let again = world.post(PLATFORM, "/v1/sandboxes", &Value::Object(reordered)).await.expect(202);
    assert_eq!(first["id"], again["id"]);
    let mut other = asked("s1", "school-1");
    other["owner"] = json!("u-2");
    let problem = world.post(PLATFORM, "/v1/sandboxes", &other).await.problem(409, "ref_taken");
    assert_eq!(problem["errors"][0]["field"], "ref");
    let elsewhere = world.create("s1", "school-2").await;
    assert_ne!(first["id"], elsewhere, "a ref belongs to its tenant");
    world.delete(PLATFORM, &format!("/v1/sandboxes/{elsewhere}")).await.expect(202);
    assert_ne!(world.create("s1", "school-2").await, elsewhere, "a deleted one's ref is free");
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_listed() {
    let world = World::with_lab().await;
    let mut sent = asked("s1", "school-1");
    sent["flavour"] = json!("new");
    let created = world.post(PLATFORM, "/v1/sandboxes", &sent).await.expect(202);
    assert_eq!(created["warnings"][0]["field"], "flavour");
}

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::with_lab().await;
    let rows: [(&str, Value, &str); 9] = [
        ("ref", json!(""), "ref"),
        ("owner", json!("张三"), "owner"),
        ("owner", json!("x".repeat(64)), "owner"),
        ("labels", json!({"a b":"c"}), "labels"),
        ("template", json!("lab@latest"), "template"),
        ("expires_at", json!("2020-01-01T00:00:00Z"), "expires_at"),
        ("expires_at", json!("tomorrow"), "expires_at"),
        ("queue_until", json!("2020-01-01T00:00:00Z"), "queue_until"),
        ("secrets", json!({"../x":"y"}), "secrets"),
    ];
    for (field, value, named) in rows {
        let mut sent = asked("s1", "school-1");
        sent[field] = value;
        let problem = world.post(PLATFORM, "/v1/sandboxes", &sent).await.problem(422, "invalid_request");
        let found = problem["errors"][0]["field"].as_str().unwrap();
        assert!(found.starts_with(named), "{found} {named}");
    }
    let problem = world.post(PLATFORM, "/v1/sandboxes", &json!({})).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "ref");
    let mut sent = asked("s1", "school-1");
    sent["template"] = json!("nothing");
    world.post(PLATFORM, "/v1/sandboxes", &sent).await.problem(404, "template_not_found");
}

#[tokio::test]
async fn secrets_are_sealed_and_never_shown() {
    let world = World::with_lab().await;
    let mut sent = asked("s1", "school-1");
    sent["secrets"] = json!({"git_token":"hunter2"});
    let created = world.post(PLATFORM, "/v1/sandboxes", &sent).await;
    assert!(!created.text.contains("hunter2"));
    let id = created.expect(202)["id"].as_str().unwrap().parse().unwrap();
    let sealed = world.store.intent().sealed_secrets(&id).await.unwrap().unwrap();
    let sealer = Sealer::new(&[Secret::new(&"s".repeat(32)).unwrap()]);
    assert_eq!(sealer.open("school-1/s1", &sealed).unwrap(), br#"{"git_token":"hunter2"}"#);
    for wrong in [json!("hunter2"), json!({"git_token":["hunter2"]}), json!({"a/b":"hunter2"})] {
        sent["secrets"] = wrong;
        sent["ref"] = json!("s2");
        let refused = world.post(PLATFORM, "/v1/sandboxes", &sent).await;
        assert!(!refused.text.contains("hunter2"), "{}", refused.text);
        refused.problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn the_other_schools_sandboxes_do_not_exist() {
    let world = World::with_lab().await;
    let (own, other) = (world.create("s1", "school-1").await, world.create("s2", "school-2").await);
    world.post(SCHOOL_1, "/v1/sandboxes", &asked("s3", "school-2")).await.problem(403, "tenant_forbidden");
    world.post(SCHOOL_1, "/v1/sandboxes", &asked("s3", "school-1")).await.expect(202);
    world.get(SCHOOL_1, &format!("/v1/sandboxes/{own}")).await.expect(200);
    let path = format!("/v1/sandboxes/{other}");
    world.get(SCHOOL_1, &path).await.problem(404, "sandbox_not_found");
    world.delete(SCHOOL_1, &path).await.problem(404, "sandbox_not_found");
    world.get(SCHOOL_1, &format!("{path}/events")).await.problem(404, "sandbox_not_found");
    for command in ["stop", "start", "reset"] {
        world
            .post(SCHOOL_1, &format!("{path}/{command}"), &json!({}))
            .await
            .problem(404, "sandbox_not_found");
    }
    let access = json!({"user":"u-1","role":"student"});
    world.post(SCHOOL_1, &format!("{path}/access"), &access).await.problem(404, "sandbox_not_found");
    world
        .post(SCHOOL_1, &format!("{path}/exec"), &json!({"argv":["ls"]}))
        .await
        .problem(404, "sandbox_not_found");
    world.get(SCHOOL_1, &format!("{path}/files/main/x")).await.problem(404, "sandbox_not_found");
    world.get(SCHOOL_1, "/v1/sandboxes?tenant=school-2").await.problem(403, "tenant_forbidden");
    let listed = world.get(SCHOOL_1, "/v1/sandboxes").await.expect(200);
    assert!(listed["items"].as_array().unwrap().iter().all(|item| item["tenant"] == "school-1"));
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::with_lab().await;
    for n in 1..=5 {
        world.create(&format!("s{n}"), if n % 2 == 0 { "school-2" } else { "school-1" }).await;
    }
    let count = async |query: &str| {
        let listed = world.get(OPERATOR, &format!("/v1/sandboxes?{query}")).await.expect(200);
        listed["items"].as_array().unwrap().len()
    };
    assert_eq!(count("tenant=school-2").await, 2);
    assert_eq!(count("class_id=c42&label=term:2026a").await, 5);
    assert_eq!(count("label=term:2025a").await, 0);
    assert_eq!(count("phase=ready").await, 0);
    assert_eq!(count("phase=ready&phase=queued&template=lab&owner=u-1").await, 5);
    let (mut refs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(OPERATOR, &format!("/v1/sandboxes?limit=2{cursor}")).await.expect(200);
        assert!(page["position"].as_str().unwrap().starts_with('E'));
        refs.extend(page["items"].as_array().unwrap().iter().map(|item| item["ref"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    refs.sort_by_key(ToString::to_string);
    assert_eq!(refs, ["s1", "s2", "s3", "s4", "s5"]);
    for bad in ["phase=asleep", "label=term", "limit=0", "cursor=*", "ownr=x", "tenant=*"] {
        world.get(OPERATOR, &format!("/v1/sandboxes?{bad}")).await.problem(422, "invalid_request");
    }
}
