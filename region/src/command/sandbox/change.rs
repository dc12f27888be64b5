//! The commands that change what is wanted of sandboxes, and waiting for the result.

use std::time::Duration;

use domain::time::{Clock as _, SystemClock, Timestamp};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::path;
use crate::Error;
use crate::api::view::Sandbox;
use crate::api::{Api, Request, read};
use crate::command::Invocation;
use crate::command::wait::{Until, wait};
use crate::explain::now_line;
use crate::output::age::age;

/// How a change is waited for.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct WaitOptions {
    /// Wait until it is done
    #[arg(long)]
    pub wait: bool,
    /// Longest wait, in seconds
    #[arg(long, default_value_t = 300, value_name = "S")]
    pub timeout_s: u64,
}

/// Which sandboxes to change.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// Their ids
    #[arg(required = true)]
    pub ids: Vec<String>,
    /// Only if nobody has changed it since this generation
    #[arg(long, value_name = "N")]
    pub if_generation: Option<u64>,
    /// How the change is waited for.
    #[command(flatten)]
    pub wait: WaitOptions,
}

/// Which sandbox to begin anew.
#[derive(Debug, clap::Args)]
pub struct ResetArgs {
    /// What is changed.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Another version of the template
    #[arg(long, value_name = "NAME[@VERSION]")]
    pub template: Option<String>,
}

/// Which sandbox lives longer.
#[derive(Debug, clap::Args)]
pub struct ExtendArgs {
    /// Its id
    pub id: String,
    /// Until when, such as 2026-09-01T12:00:00Z
    #[arg(long, value_name = "TIME", required_unless_present = "for_s")]
    pub until: Option<Timestamp>,
    /// For how many seconds from now
    #[arg(long, value_name = "S", conflicts_with = "until")]
    pub for_s: Option<u64>,
}

/// Which sandboxes to remove.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// What is changed.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What to wait for.
#[derive(Debug, clap::Args)]
pub struct WaitArgs {
    /// Its id
    pub id: String,
    /// The phase
    #[arg(long, default_value = "ready", value_name = "PHASE")]
    pub r#for: String,
    /// Longest wait, in seconds
    #[arg(long, default_value_t = 300, value_name = "S")]
    pub timeout_s: u64,
}

/// One kind of change.
struct Change<'a> {
    method: Method,
    /// Below the sandbox's path.
    verb: &'a str,
    body: Map<String, Value>,
    /// The phase in which it is done.
    phase: &'a str,
}

impl<'a> Change<'a> {
    fn new(method: Method, verb: &'a str, phase: &'a str) -> Self {
        Self { method, verb, body: Map::new(), phase }
    }
}

pub(super) async fn stop(invocation: &Invocation, args: &ChangeArgs) -> Result<(), Error> {
    each(invocation, args, &Change::new(Method::POST, "/stop", "stopped")).await
}

pub(super) async fn start(invocation: &Invocation, args: &ChangeArgs) -> Result<(), Error> {
    each(invocation, args, &Change::new(Method::POST, "/start", "ready")).await
}

pub(super) async fn reset(invocation: &Invocation, args: &ResetArgs) -> Result<(), Error> {
    let mut change = Change::new(Method::POST, "/reset", "ready");
    change.body.extend(args.template.iter().map(|template| ("template".to_owned(), json!(template))));
    each(invocation, &args.change, &change).await
}

pub(super) async fn delete(invocation: &Invocation, args: &DeleteArgs) -> Result<(), Error> {
    each(invocation, &args.change, &Change::new(Method::DELETE, "", "deleted")).await
}

pub(super) async fn revoke(invocation: &Invocation, ids: &[String]) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    for id in ids {
        let answer = api.post(&path(id, "/revoke"), &json!({})).await?;
        invocation.output.print_line(&answer, || format!("{id}  every access is revoked"))?;
    }
    Ok(())
}

/// One after the other; the first failure ends it, so that its exit code is clear.
async fn each(invocation: &Invocation, args: &ChangeArgs, change: &Change<'_>) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    for id in &args.ids {
        let mut answer = ask(&api, id, change, args.if_generation).await?;
        if let (true, Ok(changed)) = (args.wait.wait, read::<Sandbox>("change", &answer)) {
            let timeout = Duration::from_secs(args.wait.timeout_s);
            let until = Until { phase: change.phase, generation: changed.generation, timeout };
            answer = wait(invocation, &api, id, until).await?;
        }
        invocation.output.print_line(&answer, || told(id, &answer, invocation))?;
    }
    Ok(())
}

async fn ask(api: &Api, id: &str, change: &Change<'_>, if_generation: Option<u64>) -> Result<Value, Error> {
    let path = path(id, change.verb);
    if change.method == Method::DELETE {
        let query =
            if_generation.map(|generation| ("if_generation", generation.to_string())).into_iter().collect();
        return api.ask(Method::DELETE, Request { path: &path, query, body: None }).await;
    }
    let mut body = change.body.clone();
    body.extend(if_generation.map(|generation| ("if_generation".to_owned(), json!(generation))));
    api.post(&path, &Value::Object(body)).await
}

fn told(id: &str, answer: &Value, invocation: &Invocation) -> String {
    match read::<Sandbox>("change", answer) {
        // A delete is accepted before anything is gone: the phase alone would read as if nothing had happened.
        Ok(sandbox) if sandbox.wanted == "deleted" && sandbox.phase != "deleted" => {
            format!("{id}  is being deleted")
        }
        Ok(sandbox) => format!("{id}  {}", now_line(&sandbox, invocation.language)),
        Err(_) => format!("{id}  deleted"),
    }
}

/// Extends, and says what was granted.
pub(super) async fn extend(invocation: &Invocation, args: &ExtendArgs) -> Result<(), Error> {
    let now = SystemClock.now();
    let until = args.until.unwrap_or_else(|| now.plus_s(args.for_s.unwrap_or_default()));
    let body = json!({ "expires_at": until });
    let answer = invocation.connection.api()?.post(&path(&args.id, "/extend"), &body).await?;
    invocation.output.print(&answer, || granted(&args.id, &answer, now))
}

fn granted(id: &str, answer: &Value, now: Timestamp) -> String {
    let expires_at = answer["expires_at"].as_str().unwrap_or("an unknown time");
    let left = expires_at.parse().map(|end| format!(" ({} from now)", age(now, end))).unwrap_or_default();
    match answer["limited_by"].as_str() {
        Some(cap) => format!("{id}  expires at {expires_at}{left}; limited by {cap}"),
        None => format!("{id}  expires at {expires_at}{left}"),
    }
}

/// Waits for a phase; nothing is changed.
pub(super) async fn wait_for(invocation: &Invocation, args: &WaitArgs) -> Result<(), Error> {
    if let Err(unknown) = args.r#for.parse::<domain::phase::Phase>() {
        return Err(Error::Usage(format!("--for: {unknown}")));
    }
    let api = invocation.connection.api()?;
    let present: Sandbox = read("GET /v1/sandboxes", &api.get(&path(&args.id, "")).await?)?;
    let timeout = Duration::from_secs(args.timeout_s);
    let until = Until { phase: &args.r#for, generation: present.generation, timeout };
    let answer = wait(invocation, &api, &args.id, until).await?;
    invocation.output.print(&answer, || told(&args.id, &answer, invocation))
}

#[cfg(test)]
mod tests {
    use super::granted;

    #[test]
    fn the_cap_that_limited_is_named() {
        let now = "2026-09-01T08:00:00Z".parse().unwrap();
        let answer = serde_json::json!({"expires_at": "2026-09-01T09:00:00Z", "limited_by": "max_lifetime"});
        let expected = "bj-1  expires at 2026-09-01T09:00:00Z (1h from now); limited by max_lifetime";
        assert_eq!(granted("bj-1", &answer, now), expected);
    }
}
