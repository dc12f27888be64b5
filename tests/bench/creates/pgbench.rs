//! pgbench with the statements of a create.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use store::testing::Postgres;
use tokio::process::Command;

use super::load::Tenants;
use super::statements::{Part, Statement};
use super::{CLIENTS, Rate, server};
use crate::figures::percentile;

/// Threads of pgbench.
const THREADS: &str = "2";
/// Place of a transaction's time, in microseconds, in a line of pgbench's log.
const TIME_US_COLUMN: usize = 2;

/// What pgbench runs, and where.
#[derive(Debug)]
pub(super) struct Script<'p> {
    pub(super) postgres: &'p Postgres,
    pub(super) statements: Vec<Statement>,
}

impl Script<'_> {
    /// Runs it on a new database.
    pub(super) async fn run(&self, tenants: Tenants, length: Duration) -> anyhow::Result<Rate> {
        let url = self.postgres.database()?;
        server::prepare(&url).await?;
        self.postgres.sql("postgres", "CHECKPOINT")?;
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("create.sql");
        std::fs::write(&script, self.text(tenants))?;
        let mut command = Command::new(self.postgres.programs().join("pgbench"));
        command.args(["-n", "-M", "prepared", "-U", "postgres", "-j", THREADS, "-c", &CLIENTS.to_string()]);
        command
            .args(["-T", &length.as_secs().to_string(), "-l", "--log-prefix"])
            .arg(folder.path().join("times"));
        command
            .arg("-f")
            .arg(&script)
            .arg("-h")
            .arg(self.postgres.socket_folder())
            .arg(server::database_of(&url)?);
        let output = command.kill_on_drop(true).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench: {said} {}", String::from_utf8_lossy(&output.stderr));
        ensure!(said.contains("number of failed transactions: 0 "), "pgbench failed transactions: {said}");
        let mut times_ms = times_ms(folder.path())?;
        let per_s = said.lines().find_map(|line| line.strip_prefix("tps = ")).context("no rate")?;
        let per_s = per_s.split(' ').next().unwrap_or_default().parse()?;
        Ok(Rate { per_s, p50_ms: percentile(&mut times_ms, 50), p99_ms: percentile(&mut times_ms, 99) })
    }

    /// In pgbench's own language.
    fn text(&self, tenants: Tenants) -> String {
        let statements: Vec<String> = self.statements.iter().map(|parts| text(parts, tenants)).collect();
        format!("\\set name random(1, 9000000000000000000)\nBEGIN;\n{}\nCOMMIT;\n", statements.join("\n"))
    }
}

fn text(statement: &Statement, tenants: Tenants) -> String {
    let values = statement.iter().map(|value| {
        let parts: Vec<String> = value.iter().map(|part| part_text(part, tenants)).collect();
        if let [one] = parts.as_slice() { one.clone() } else { format!("({})", parts.join(" || ")) }
    });
    format!("{};", values.collect::<String>().replace('\n', " "))
}

fn part_text(part: &Part, tenants: Tenants) -> String {
    match part {
        Part::Sql(sql) => sql.clone(),
        Part::Text(text) => literal(text),
        Part::Null => "NULL".to_owned(),
        Part::Name => "('n-' || :name::text)".to_owned(),
        Part::Tenant => match tenants {
            Tenants::One => "'t-1'".to_owned(),
            Tenants::Many => "('t-' || :client_id::text)".to_owned(),
        },
    }
}

/// A constant in which pgbench sees no variable: those begin with a colon.
fn literal(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('\'', "''").replace(':', r"\003A");
    format!("U&'{text}'")
}

fn times_ms(folder: &Path) -> anyhow::Result<Vec<f64>> {
    let mut times_ms = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with("times.") {
            continue;
        }
        for line in std::fs::read_to_string(entry.path())?.lines() {
            let time_us = line.split(' ').nth(TIME_US_COLUMN).context("a line without time")?;
            times_ms.push(time_us.parse::<f64>()? / 1_000.0);
        }
    }
    Ok(times_ms)
}
