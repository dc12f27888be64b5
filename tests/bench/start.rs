//! From the start of `region up` to its first accepted create.

use std::path::Path;

use tests::outside::{Region, Setup};

use crate::figures::{Spread, ms};
use crate::report::{Goal, Limit, Section};
use crate::run::Effort;

const GOAL_S: f64 = 2.0;
const MS_PER_S: f64 = 1_000.0;
/// Starts for each run of other benchmarks: one takes little.
const STARTS_PER_RUN: usize = 3;

const HOW: &str = "From the moment at which the process of `region up` is started until its answer to the first \
    create has arrived: once on an empty state folder (keys, database and templates are made), once on the same \
    folder again.";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let (mut fresh, mut existing) = (Vec::new(), Vec::new());
    for _ in 0..effort.runs * STARTS_PER_RUN {
        let state = Region::folder()?;
        let measured = twice(state.path()).await;
        Region::end_machines(state.path()).await?;
        let [first, second] = measured?;
        fresh.push(first);
        existing.push(second);
    }
    let (fresh, existing) = (Spread::of(&fresh), Spread::of(&existing));
    let row = |what: &str, spread: Spread| vec![what.to_owned(), spread.to_string()];
    let goal =
        |what, spread: Spread| Goal { what, figure: spread.median / MS_PER_S, limit: Limit::AtMost(GOAL_S) };
    Ok(Section {
        how: HOW.to_owned(),
        table: vec![
            vec!["state".to_owned(), "ms".to_owned()],
            row("fresh", fresh),
            row("existing", existing),
        ],
        goals: vec![goal("fresh, s", fresh), goal("existing, s", existing)],
        ..Section::default()
    })
}

async fn twice(state: &Path) -> anyhow::Result<[f64; 2]> {
    let fresh = one(state, "first").await?;
    let existing = one(state, "second").await?;
    Ok([fresh, existing])
}

async fn one(state: &Path, r#ref: &str) -> anyhow::Result<f64> {
    let region = Region::up(state, &Setup::default()).await?;
    region.platform().await?.create(r#ref, "linux-shell").await?;
    let taken = ms(region.began().elapsed());
    region.close().await?;
    Ok(taken)
}
