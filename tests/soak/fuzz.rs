//! Every parser that faces bytes of others, in turn, on a real region: a token, a template, the API's bodies, the
//! proxy's gate, the agent's door and its terminal. Nothing may panic, hang, answer 500 or be let in.

mod agent;
mod api;
mod gate;
mod raw;
mod template;
mod token;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tests::outside::{Region, Setup};

use self::agent::Agent;
use self::api::Api;
use self::gate::Gate;
use crate::mutate::Mutator;

/// Inputs of one target before it is the next one's turn.
const INPUTS_PER_TURN: usize = 200;
/// What a panic says in a log, whoever writes it.
const PANIC: &str = "panicked";

/// Runs until the time is over.
pub(crate) async fn run(seed: u64, length: Duration) -> anyhow::Result<()> {
    let state = Region::folder()?;
    let ran = on(state.path(), seed, length).await;
    Region::end_machines(state.path()).await?;
    ran.with_context(|| format!("repeat it with: soak fuzz --seed {seed}"))
}

async fn on(state: &Path, seed: u64, length: Duration) -> anyhow::Result<()> {
    let log = state.join("region.log");
    let setup = Setup {
        // Refusing for their number would spare the parsers.
        fields: vec!["api.requests_per_s=1000000".to_owned(), "api.requests_burst=1000000".to_owned()],
        log: Some(log.clone()),
    };
    let mut region = Region::up(state, &setup).await?;
    let mut agent = Agent::start(&region, state).await?;
    let mut api = Api::new(&region).await?;
    let gate = Gate::new(&region, agent.student())?;
    let mut mutator = Mutator::new(seed);
    let (begun, mut turns) = (Instant::now(), 0);
    while begun.elapsed() < length {
        for _ in 0..INPUTS_PER_TURN {
            token::one(&mut mutator)?;
            template::one(&mut mutator)?;
        }
        for _ in 0..INPUTS_PER_TURN {
            api.one(&mut mutator).await?;
        }
        gate.turn(&mut mutator, INPUTS_PER_TURN).await?;
        agent.turn(&mut mutator, INPUTS_PER_TURN).await?;
        turns += 1;
        ensure!(region.program_mut().is_running()?, "the region ended by itself");
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        ensure!(!said.contains(PANIC), "the region's log holds a panic: {said}");
    }
    println!(
        "fuzz: {} inputs for each of six parsers in {} s",
        turns * INPUTS_PER_TURN,
        begun.elapsed().as_secs()
    );
    region.close().await
}
