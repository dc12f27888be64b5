//! Creates through the real api-server, beside the same statements by pgbench.

mod load;
mod pgbench;
mod server;
mod statements;

use store::testing::Postgres;

use self::load::Tenants;
use self::pgbench::Script;
use crate::figures::Spread;
use crate::machine::version_of;
use crate::report::{Goal, Limit, Section};
use crate::run::Effort;

/// Callers at once, and pgbench's clients.
const CLIENTS: usize = 64;
/// Of pgbench's rate on PostgreSQL.
const RATIO_GOAL: f64 = 0.5;

const HOW: &str = "64 clients create sandboxes over HTTP, each on a keep-alive connection and as fast as it is \
    answered, at an `api-server` process that commits to a real disk (its limit of requests per key is lifted). \
    pgbench runs the statements of one such create with as many clients, prepared, on the same PostgreSQL server \
    (fsync on); they are taken from the server's log of a real create, from BEGIN to COMMIT.";
const SHARED: &str = "Not like for like, on purpose: concurrent creates share transactions in the api-server (who finds \
    the turn free carries out everything that waits), while pgbench commits one create at a time per client; on the \
    other side pgbench speaks no HTTP, checks nothing and numbers no log.";

/// One side's figure of each run.
#[derive(Debug, Default)]
struct Column {
    per_s: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
}

/// Rate and times of one run.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Column {
    fn push(&mut self, Rate { per_s, p50_ms, p99_ms }: Rate) {
        self.per_s.push(per_s);
        self.p50_ms.push(p50_ms);
        self.p99_ms.push(p99_ms);
    }

    fn row(&self, what: &str, tenants: Tenants) -> Vec<String> {
        let spread = |figures: &[f64]| Spread::of(figures).to_string();
        let Self { per_s, p50_ms, p99_ms } = self;
        [what, tenants.name(), &spread(per_s), &spread(p50_ms), &spread(p99_ms)].map(ToOwned::to_owned).into()
    }
}

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let postgres = Postgres::durable()?;
    let script = Script { postgres: &postgres, statements: statements::of_one_create(&postgres).await? };
    let head = ["what", "tenants", "creates / s", "p50 ms", "p99 ms"];
    let mut table = vec![head.map(ToOwned::to_owned).to_vec()];
    let mut ratios = Vec::new();
    for tenants in [Tenants::One, Tenants::Many] {
        let [ours, peer] = beside_pgbench(&script, tenants, effort).await?;
        ratios.push(Spread::of(&ours.per_s).median / Spread::of(&peer.per_s).median);
        table.push(ours.row("api-server, PostgreSQL", tenants));
        table.push(peer.row("pgbench, PostgreSQL", tenants));
    }
    let mut sqlite = Column::default();
    for _ in 0..effort.runs {
        sqlite.push(on_sqlite(effort).await?);
    }
    table.push(sqlite.row("api-server, SQLite", Tenants::Many));
    let goal = |what, figure| Goal { what, figure, limit: Limit::AtLeast(RATIO_GOAL) };
    let goals = ["of pgbench's rate, one tenant", "of pgbench's rate, 64 tenants"];
    Ok(Section {
        how: HOW.to_owned(),
        peers: vec![version_of(&postgres.programs().join("pgbench").display().to_string(), "--version")],
        table,
        goals: goals.into_iter().zip(ratios).map(|(what, ratio)| goal(what, ratio)).collect(),
        notes: vec![SHARED.to_owned()],
    })
}

/// Ours and pgbench in turn, each on a database of its own.
async fn beside_pgbench(
    script: &Script<'_>,
    tenants: Tenants,
    effort: Effort,
) -> anyhow::Result<[Column; 2]> {
    let mut columns = [Column::default(), Column::default()];
    for _ in 0..effort.runs {
        let database = script.postgres.database()?;
        let server = server::Server::start(&database).await?;
        script.postgres.sql("postgres", "CHECKPOINT")?;
        columns[0].push(load::run(&server, tenants, effort.load).await?);
        server.stop().await?;
        columns[1].push(script.run(tenants, effort.load).await?);
    }
    Ok(columns)
}

async fn on_sqlite(effort: Effort) -> anyhow::Result<Rate> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    let server = server::Server::start(&url).await?;
    let rate = load::run(&server, Tenants::Many, effort.load).await?;
    server.stop().await?;
    Ok(rate)
}
