//! Simulation: generated operations against two jobrunners over one store and one scripted provider.
//!
//! Real are the store (SQLite in memory, a sample on PostgreSQL), the jobrunner and every decision; scripted are the
//! provider, the agents, time and the processes' deaths. A case is a list of [`Op`]s made from a seed. After each
//! operation, and once everything has been healed, these must hold:
//!
//! 1. never two live resources for one machine;
//! 2. no accepted create is lost;
//! 3. a machine in use is never removed, nor anything of another region;
//! 4. nothing exists that was not stored before;
//! 5. healed, every sandbox is where it is wanted, and nothing else exists.
//!
//! Known non-determinism: the store answers from another thread, so drives of one tick may interleave differently. A
//! seed that fails is therefore replayed a few times before its operations are shrunk.

mod agents;
mod check;
mod heal;
mod leader;
mod op;
mod world;

use jobrunner::testing::Bug;

pub use op::{FaultKind, Name, Op, generate};
pub use world::{Database, World};

/// A case that broke an invariant.
#[derive(Debug)]
pub struct Failure {
    /// What the case was made from.
    pub seed: u64,
    /// Its operations, as few as still fail.
    pub ops: Vec<Op>,
    /// Which invariant, and how.
    pub violation: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {}: {}\n  operations: {:?}", self.seed, self.violation, self.ops)
    }
}

/// Runs operations from a fresh world.
///
/// # Errors
/// The first invariant that did not hold.
pub async fn run(database: &Database, seed: u64, ops: &[Op], bug: Bug) -> Result<(), String> {
    let mut world = World::new(database, seed, bug).await.map_err(|error| format!("no world: {error:#}"))?;
    for (nth, op) in ops.iter().enumerate() {
        world.apply(*op).await.map_err(|error| format!("operation {nth} ({op:?}): {error:#}"))?;
        world.check().await.map_err(|violation| format!("after operation {nth} ({op:?}): {violation}"))?;
    }
    world.heal().await
}

/// Generates and runs one case.
///
/// # Errors
/// The failure, shrunk.
pub async fn case(database: &Database, seed: u64, bug: Bug) -> Result<(), Failure> {
    let ops = generate(seed);
    match run(database, seed, &ops, bug).await {
        Ok(()) => Ok(()),
        Err(violation) => Err(shrink(database, seed, ops, bug, violation).await),
    }
}

/// Leaves out one operation after another, as long as the case still fails.
async fn shrink(
    database: &Database,
    seed: u64,
    mut ops: Vec<Op>,
    bug: Bug,
    mut violation: String,
) -> Failure {
    let mut at = 0;
    while at < ops.len() {
        let mut fewer = ops.clone();
        fewer.remove(at);
        match run(database, seed, &fewer, bug).await {
            Err(still) => (ops, violation) = (fewer, still),
            Ok(()) => at += 1,
        }
    }
    Failure { seed, ops, violation }
}
