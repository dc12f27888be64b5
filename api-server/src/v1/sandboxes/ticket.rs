//! Issues a ticket: the single-use right of one user to one app, good for a minute.

use domain::field::FieldError;
use domain::id::OwnerId;
use domain::phase::Wanted;
use domain::sandbox::Sandbox;
use domain::template::{App, Template};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use store::Ticket;
use utoipa::ToSchema;

use crate::auth::{hash_of, new_token};
use crate::context::Api;
use crate::limits::TICKET_S;
use crate::problem::{Kind, Problem};
use crate::urls::Entry;

/// Who wants to enter, and where.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    /// The app; the template's first one when absent.
    #[serde(default)]
    app: Option<String>,
    /// The port, for an app with a range; its first one when absent.
    #[serde(default)]
    port: Option<u16>,
    /// The user, as an opaque pseudonym.
    #[schema(value_type = String)]
    user: OwnerId,
    /// What the user is here.
    role: Role,
    /// The path that opens; the app's own when absent.
    #[serde(default)]
    next: Option<String>,
}

/// What a user is in a sandbox.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Its owner, as a rule.
    Student,
    /// Somebody who helps.
    Teacher,
    /// Somebody who runs the region.
    Operator,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
            Self::Operator => "operator",
        }
    }
}

/// A way in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Entrance {
    /// Opens the app once; hand it to the user's browser at once.
    url: String,
    /// When the ticket in it expires.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A ticket that is not stored yet: it opens nothing before that.
pub(crate) struct Draft {
    /// What is to be stored, by the hash of the ticket's text.
    pub(crate) stored: (String, Ticket),
    /// What the caller gets.
    pub(crate) entrance: Entrance,
}

/// A URL with a ticket for a sandbox, whatever its phase: the page waits until it is ready.
pub(crate) async fn draft(api: &Api, sandbox: &Sandbox, access: Access) -> Result<Draft, Problem> {
    if sandbox.intent.wanted == Wanted::Deleted {
        return Err(Kind::SandboxNotFound.into());
    }
    let template = api.template(&sandbox.intent.template).await?;
    let app = app(&template, access.app.as_deref())?;
    let port = port(app, access.port)?;
    let next = next(app, access.next)?;
    let ticket = new_token(api.random.as_ref());
    let expires_at = api.clock.now().plus_s(TICKET_S);
    let stored = Ticket {
        sandbox: sandbox.intent.id.clone(),
        app: app.name.clone(),
        user: access.user.to_string(),
        role: access.role.as_str().to_owned(),
        access_epoch: sandbox.intent.access_epoch,
        expires_at,
    };
    let stored = (hash_of(&ticket), stored);
    let url = api.urls.enter(&sandbox.intent.id, (app, port), &Entry { ticket, next });
    Ok(Draft { stored, entrance: Entrance { url, expires_at } })
}

fn app<'a>(template: &'a Template, name: Option<&str>) -> Result<&'a App, Problem> {
    let apps = || template.machines.iter().flat_map(|machine| &machine.apps);
    let opens = |app: &&App| app.kind != domain::template::AppKind::Tcp;
    let found = match name {
        Some(name) => apps().filter(opens).find(|app| app.name.as_str() == name),
        None => apps().find(opens),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = apps().filter(opens).map(|app| app.name.as_str()).collect();
        let allowed =
            if names.is_empty() { "none: the template has no such app".to_owned() } else { names.join(", ") };
        Problem::field("app", "names no app that a browser opens", allowed)
    })
}

fn port(app: &App, asked: Option<u16>) -> Result<Option<u16>, Problem> {
    match (asked, app.ports) {
        (None, _) => Ok(None),
        (Some(port), Some((first, last))) if (first..=last).contains(&port) => Ok(Some(port)),
        (Some(_), Some((first, last))) => {
            Err(Problem::field("port", "is outside the app's range", format!("{first} to {last}")))
        }
        (Some(_), None) => Err(Problem::field("port", "this app has no range of ports", "no port")),
    }
}

/// A path only: a ticket never leads to another site.
fn next(app: &App, asked: Option<String>) -> Result<String, Problem> {
    let next = asked.or_else(|| app.path.clone()).unwrap_or_else(|| "/".to_owned());
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| b.is_ascii_graphic());
    let wrong = || {
        let allowed = "a path that begins with one '/', in URL-encoded form";
        Problem::fields(vec![FieldError::new("next", "is no path", allowed)])
    };
    if is_path { Ok(next) } else { Err(wrong()) }
}
