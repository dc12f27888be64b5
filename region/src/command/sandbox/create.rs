//! `region sandbox create`.

use std::path::PathBuf;
use std::time::Duration;

use domain::random::{OsRandom, Random as _};
use domain::time::Timestamp;
use runtime::SecretFile;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::api::read;
use crate::api::view::Sandbox;
use crate::command::wait::{Until, wait};
use crate::command::{Invocation, pair};
use crate::explain::now_line;
use crate::problem::Field;

/// What to make.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// NAME (its newest version) or NAME@sha256:…
    pub template: String,
    /// The school that it counts for
    #[arg(long, default_value = "demo")]
    pub tenant: String,
    /// Who it is for
    #[arg(long, default_value = "me")]
    pub owner: String,
    /// Your own name for it; the same again gives the same sandbox [default: a new one]
    #[arg(long, value_name = "REF")]
    pub r#ref: Option<String>,
    /// The class that it belongs to
    #[arg(long, value_name = "CLASS")]
    pub class_id: Option<String>,
    /// A label; may repeat
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::parse)]
    pub label: Vec<(String, String)>,
    /// Given to the template's bind command as a file; may repeat
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::parse)]
    pub parameter: Vec<(String, String)>,
    /// A secret for the template's bind command, read from a file; may repeat
    #[arg(long, value_name = "NAME=FILE", value_parser = pair::parse)]
    pub secret_file: Vec<(String, String)>,
    /// When it is stopped, such as 2026-09-01T12:00:00Z [default: by its template]
    #[arg(long, value_name = "TIME")]
    pub expires_at: Option<Timestamp>,
    /// Give up waiting in the queue then
    #[arg(long, value_name = "TIME")]
    pub queue_until: Option<Timestamp>,
    /// Answer at once, without waiting until it is ready
    #[arg(long)]
    pub no_wait: bool,
    /// Longest wait, in seconds
    #[arg(long, default_value_t = 300, value_name = "S")]
    pub timeout_s: u64,
}

/// Creates, and waits until it is ready unless told otherwise.
pub(super) async fn run(invocation: &Invocation, args: CreateArgs) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    let mut answer = api.post("/v1/sandboxes", &args.body()?).await?;
    warn(invocation, &answer);
    let created: Sandbox = read("POST /v1/sandboxes", &answer)?;
    if !args.no_wait {
        invocation.output.remark(&format!("created {}", created.id));
        let timeout = Duration::from_secs(args.timeout_s);
        let until = Until { phase: "ready", generation: created.generation, timeout };
        answer = wait(invocation, &api, &created.id, until).await?;
    }
    let sandbox: Sandbox = read("GET /v1/sandboxes", &answer)?;
    invocation.output.print(&answer, || {
        let line = now_line(&sandbox, invocation.language);
        format!("{}  {line}\n  enter it: region sandbox open {}", sandbox.id, sandbox.id)
    })
}

/// Fields that this region does not know are named, not refused.
fn warn(invocation: &Invocation, answer: &Value) {
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        let field = serde_json::from_value::<Field>(warning.clone()).unwrap_or_default();
        invocation.output.remark(&format!("warning: {field}"));
    }
}

impl CreateArgs {
    /// Only what was given: the region compares requests as sent.
    fn body(&self) -> Result<Value, Error> {
        let mut body = Map::new();
        let r#ref = self.r#ref.clone().unwrap_or_else(new_ref);
        let required =
            [("ref", &r#ref), ("template", &self.template), ("tenant", &self.tenant), ("owner", &self.owner)];
        for (name, value) in required {
            body.insert(name.to_owned(), json!(value));
        }
        let optional = [
            ("class_id", self.class_id.as_ref().map(|class_id| json!(class_id))),
            ("labels", filled(&self.label)),
            ("parameters", filled(&self.parameter)),
            ("secrets", self.secrets()?),
            ("expires_at", self.expires_at.map(|moment| json!(moment))),
            ("queue_until", self.queue_until.map(|moment| json!(moment))),
        ];
        let given = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        body.extend(given);
        Ok(Value::Object(body))
    }

    fn secrets(&self) -> Result<Option<Value>, Error> {
        let mut secrets = Map::new();
        for (name, file) in &self.secret_file {
            let secret = SecretFile::new(PathBuf::from(file)).read();
            let secret = secret.map_err(|error| Error::Usage(format!("--secret-file {name}: {error}")))?;
            secrets.insert(name.clone(), json!(secret.expose()));
        }
        Ok((!secrets.is_empty()).then_some(Value::Object(secrets)))
    }
}

fn filled(pairs: &[(String, String)]) -> Option<Value> {
    (!pairs.is_empty()).then(|| json!(pair::map(pairs)))
}

fn new_ref() -> String {
    format!("cli-{:08x}", OsRandom.u64() >> 32)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Command;
    use crate::command::sandbox::SandboxCommand;

    fn body(arguments: &[&str]) -> Value {
        let line = ["region", "sandbox", "create"].iter().chain(arguments);
        match crate::Cli::try_parse_from(line).unwrap().command {
            Command::Sandbox(SandboxCommand::Create(args)) => args.body().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_is_given_is_sent() {
        let sent = body(&["lab", "--ref", "c42-s7", "--tenant", "school-9", "--owner", "u-7"]);
        assert_eq!(sent, json!({"ref": "c42-s7", "template": "lab", "tenant": "school-9", "owner": "u-7"}));
    }

    #[test]
    fn everything_can_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "t0p\n").unwrap();
        let secret = format!("git_token={}", token.display());
        let sent = body(&[
            "lab",
            "--class-id",
            "c42",
            "--label",
            "term=2026a",
            "--parameter",
            "lesson=3",
            "--secret-file",
            &secret,
            "--expires-at",
            "2026-09-01T12:00:00Z",
        ]);
        assert_eq!(sent["labels"], json!({"term": "2026a"}));
        assert_eq!(sent["secrets"], json!({"git_token": "t0p"}));
        assert_eq!(sent["expires_at"], "2026-09-01T12:00:00Z");
        assert!(sent["ref"].as_str().unwrap().starts_with("cli-"));
    }
}
