//! A caller's secret reaches the machine that it is for, and nothing else: not a log, a cause, an event, an answer, or
//! the database. On the real parts, from the API to the agent.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tests::processes::{Fleet, Machines, Role};

/// Bounds a failing test; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);
/// Looked for everywhere.
const SECRET: &str = "correct-horse-battery-staple";

/// The API of the first replica.
struct Api {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Api {
    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.key).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn text(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.key);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Publishes a template whose `bind` runs a shell command.
    async fn publish(&self, name: &str, bind: &str) {
        let template = json!({
            "machines": [{"name": "main", "runs": {"process": {}},
                "resources": {"cpu_millis": 100, "memory_mib": 64},
                "home": {"path": "/home/student", "size_mib": 16},
                "apps": [{"name": "terminal", "kind": "terminal"}]}],
            "bind": {"command": ["sh", "-c", bind], "deadline_s": 10},
        });
        self.post(&format!("/v1/templates/{name}/versions"), &template).await;
    }

    async fn create(&self, template: &str) -> String {
        let body = json!({"ref": template, "template": template, "tenant": "school-1", "owner": "u-1",
            "parameters": {"lesson": "3"}, "secrets": {"git_token": SECRET}});
        let created = self.post("/v1/sandboxes", &body).await;
        created["id"].as_str().unwrap().to_owned()
    }

    async fn becomes(&self, id: &str, phase: &str) -> Value {
        let path = format!("/v1/sandboxes/{id}");
        let look = || async {
            let seen: Option<Value> = serde_json::from_str(&self.text(&path).await).ok();
            Ok(seen.filter(|seen| seen["phase"] == phase))
        };
        tests::outside::until(phase, PATIENCE, look).await.unwrap()
    }
}

/// The whole database that knows this sandbox, as text.
fn dump_of_database_with(sandbox: &str) -> String {
    let server = store::testing::postgres().unwrap();
    let names =
        server.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'test_%'").unwrap();
    let knows = |name: &&str| {
        let found = server.sql(name, &format!("SELECT 'here' FROM intent WHERE id = '{sandbox}'"));
        found.is_ok_and(|found| found.contains("here"))
    };
    let name = names.lines().find(knows).unwrap();
    let mut dump = Command::new(server.programs().join("pg_dump"));
    let dump = dump.args(["-U", "postgres", "-d", name, "-h"]).arg(server.socket_folder()).output().unwrap();
    String::from_utf8(dump.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_reaches_its_machine_and_nothing_else() {
    let _alone = super::chaos::ONE_AT_A_TIME.lock().await;
    let fleet = Fleet::start(Machines::Processes).await.unwrap();
    let address = fleet.ground.addresses(Role::ApiServer, 0).0;
    let key = fleet.ground.key.clone();
    let api = Api { client: reqwest::Client::new(), url: format!("http://{address}"), key };

    api.publish("takes", "cp $QJ_BIND/secrets/git_token $QJ_BIND/parameters/lesson ~/").await;
    let takes = api.create("takes").await;
    api.becomes(&takes, "ready").await;
    let exec = json!({"argv": ["sh", "-c", "cat git_token; ls -A .qj/bind; cat lesson"]});
    let answer = api.post(&format!("/v1/sandboxes/{takes}/exec"), &exec).await;
    let seen = answer["stdout"].as_str().unwrap();
    assert_eq!(seen, format!("{SECRET}parameters\n3"), "it was given, and its file is gone: {answer}");

    api.publish("spills", "cat $QJ_BIND/secrets/git_token >&2; exit 3").await;
    let spills = api.create("spills").await;
    let failed = api.becomes(&spills, "failed").await;
    assert_eq!(failed["cause"]["slug"], "bind_failed", "{failed}");
    assert!(failed["cause"]["detail"].as_str().unwrap().contains("exit code 3"), "{failed}");

    for path in ["/v1/sandboxes", "/v1/events?limit=500", &format!("/v1/sandboxes/{spills}/events")] {
        let text = api.text(path).await;
        assert!(text.contains("school-1") && !text.contains(SECRET), "{path}");
    }
    let dump = dump_of_database_with(&takes);
    assert!(dump.contains(&takes) && !dump.contains(SECRET), "the database");
    let ground = fleet.ground.clone();
    fleet.stop().await.unwrap();
    let logs = std::fs::read_dir(ground.logs()).unwrap().map(|file| file.unwrap().path());
    let logs: Vec<String> = logs.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(logs.iter().any(|log| log.contains(&spills)), "the logs tell of it");
    assert!(logs.iter().all(|log| !log.contains(SECRET)), "a log");
}
