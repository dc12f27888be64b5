//! The statements of one create, read from PostgreSQL's own log: a copy of them here would be another one soon.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use store::testing::Postgres;
use tests::outside::until;

use super::load::{body, create};
use super::server::{Server, database_of};

/// Names that are found again in the statements, because nothing else holds them.
const TENANT: &str = "t-of-the-logged-create";
const REF: &str = "r-of-the-logged-create";
const LOG_DEADLINE: Duration = Duration::from_secs(20);

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is.
    Sql(String),
    /// A constant.
    Text(String),
    /// No value.
    Null,
    /// What is another sandbox's each time: the id, or the ref.
    Name,
    /// The tenant.
    Tenant,
}

/// A statement; parts of one value stand beside each other.
pub(super) type Statement = Vec<Vec<Part>>;

/// A line of the log.
#[derive(Debug, Deserialize)]
struct Line {
    session_id: String,
    message: String,
    #[serde(default)]
    detail: String,
}

/// Creates one sandbox on a database that logs, and gives its transaction without BEGIN and COMMIT.
pub(super) async fn of_one_create(postgres: &Postgres) -> anyhow::Result<Vec<Statement>> {
    let url = postgres.database()?;
    postgres.sql("postgres", &format!("ALTER DATABASE {} SET log_statement = 'all'", database_of(&url)?))?;
    let server = Server::start(&url).await?;
    let created = create(&mut server.connect().await?, &body(TENANT, REF)).await?;
    let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
    let lines = until("the create is in the log", LOG_DEADLINE, async || {
        Ok(transaction(&postgres.logged()?).filter(|lines| !lines.is_empty()))
    })
    .await?;
    server.stop().await?;
    let statements: Vec<Statement> =
        lines.iter().map(|line| statement(line, &id)).collect::<Result<_, _>>()?;
    let named = statements.iter().flatten().flatten().filter(|part| **part == Part::Name).count();
    ensure!(named > 1, "the log does not show the create");
    Ok(statements)
}

/// What the session that stored the intent did between BEGIN and COMMIT.
fn transaction(log: &str) -> Option<Vec<Line>> {
    let mut open: HashMap<String, Vec<Line>> = HashMap::new();
    // A line that is being written is no JSON yet.
    for line in log.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let lines = open.entry(line.session_id.clone()).or_default();
        if line.message.ends_with("BEGIN") {
            lines.clear();
        } else if !line.message.ends_with("COMMIT") {
            lines.push(line);
        } else if lines.iter().any(|line| line.message.contains("INSERT INTO intent")) {
            return open.remove(&line.session_id);
        }
    }
    None
}

/// The statement with its parameters put in.
fn statement(line: &Line, id: &str) -> anyhow::Result<Statement> {
    let (_, sql) = line.message.split_once(": ").context("a line of the log without statement")?;
    let values = parameters(&line.detail)?;
    let mut parts = Vec::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: usize = after[..digits].parse().context("a `$` that is no parameter")?;
        let value = number.checked_sub(1).and_then(|index| values.get(index)).context("no such parameter")?;
        parts.push(vec![Part::Sql(before.to_owned())]);
        parts.push(value.as_deref().map_or_else(|| vec![Part::Null], |value| named(value, id)));
        rest = &after[digits..];
    }
    parts.push(vec![Part::Sql(rest.to_owned())]);
    Ok(parts)
}

/// `parameters: $1 = 'it''s', $2 = NULL`
fn parameters(detail: &str) -> anyhow::Result<Vec<Option<String>>> {
    let mut values = Vec::new();
    let mut rest = detail;
    while let Some((_, after)) = rest.split_once(" = ") {
        if let Some(after) = after.strip_prefix("NULL") {
            values.push(None);
            rest = after;
            continue;
        }
        let mut text = after.strip_prefix('\'').context("a parameter without quotes")?;
        let mut value = String::new();
        loop {
            let (part, after) = text.split_once('\'').context("a parameter without end")?;
            value.push_str(part);
            text = after;
            let Some(after) = text.strip_prefix('\'') else { break };
            value.push('\'');
            text = after;
        }
        values.push(Some(value));
        rest = text;
    }
    Ok(values)
}

/// A value, cut where it names the sandbox or its tenant.
fn named(value: &str, id: &str) -> Vec<Part> {
    let marks = [(id, Part::Name), (REF, Part::Name), (TENANT, Part::Tenant)];
    let first = marks
        .iter()
        .filter_map(|(mark, part)| Some((value.find(mark)?, mark.len(), part)))
        .min_by_key(|m| m.0);
    let Some((at, length, part)) = first else { return vec![Part::Text(value.to_owned())] };
    let mut parts = Vec::new();
    if at > 0 {
        parts.push(Part::Text(value[..at].to_owned()));
    }
    parts.push(part.clone());
    if at + length < value.len() {
        parts.extend(named(&value[at + length..], id));
    }
    parts
}
