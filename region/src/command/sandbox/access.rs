//! `region sandbox access` and `open`.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::path;
use crate::Error;
use crate::api::view::{Access, Sandbox};
use crate::api::{Api, read};
use crate::command::Invocation;

/// Who enters what.
#[derive(Debug, clap::Args)]
pub struct AccessArgs {
    /// The sandbox's id
    pub id: String,
    /// The app [default: its first]
    #[arg(long)]
    pub app: Option<String>,
    /// The person, as the platform calls them [default: the owner]
    #[arg(long)]
    pub user: Option<String>,
    /// student, teacher or operator
    #[arg(long, default_value = "student")]
    pub role: String,
}

/// Prints the address.
pub(super) async fn access(invocation: &Invocation, args: &AccessArgs) -> Result<(), Error> {
    let (answer, url) = ask(invocation, args).await?;
    invocation.output.print(&answer, || url)
}

/// Prints the address, and opens it where there is a desktop.
pub(super) async fn open(invocation: &Invocation, args: &AccessArgs) -> Result<(), Error> {
    let (answer, url) = ask(invocation, args).await?;
    if has_desktop() && !invocation.output.json {
        // The address is printed anyway, so a desktop without a browser is no failure.
        let browser = Command::new("xdg-open").arg(&url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if browser.is_ok() {
            invocation.output.remark("opening it in the browser; the address works once, within a minute:");
        }
    } else {
        invocation.output.remark("open this in a browser; it works once, within a minute:");
    }
    invocation.output.print(&answer, || url)
}

fn has_desktop() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

async fn ask(invocation: &Invocation, args: &AccessArgs) -> Result<(Value, String), Error> {
    let api = invocation.connection.api()?;
    let body = complete(&api, args).await?;
    let answer = api.post(&path(&args.id, "/access"), &body).await?;
    let access: Access = read("POST /v1/sandboxes/access", &answer)?;
    Ok((answer, access.url))
}

/// What was not given comes from the sandbox itself.
async fn complete(api: &Api, args: &AccessArgs) -> Result<Value, Error> {
    if let (Some(app), Some(user)) = (&args.app, &args.user) {
        return Ok(json!({"app": app, "user": user, "role": args.role}));
    }
    let sandbox: Sandbox = read("GET /v1/sandboxes", &api.get(&path(&args.id, "")).await?)?;
    let first = sandbox.apps.first().map(|app| app.name.clone());
    let nothing = || Error::Conflict(format!("{} has no app to enter", args.id));
    let app = args.app.clone().or(first).ok_or_else(nothing)?;
    let user = args.user.clone().unwrap_or(sandbox.owner);
    Ok(json!({"app": app, "user": user, "role": args.role}))
}
