//! Generated operations must never break an invariant, and planted bugs must be caught.

use jobrunner::testing::Bug;
use tests::simulation::{Database, case};

/// Cases of one run; `SIMULATION_CASES` changes it, `SIMULATION_SEED` replays one.
const CASES: u64 = 5_000;
/// Cases that go on at once: more than cores, because each waits for its database's own thread now and then.
const THREADS: usize = 4;
/// Cases of one run on PostgreSQL, none of which restores a backup: that is a matter of files.
const POSTGRES_CASES: usize = 100;
/// Of so many seeds the first restores a backup.
const RESTORING: u64 = 8;
/// Seeds within which every planted bug must show.
const SEEDS_TO_CATCH_A_BUG: u64 = 1_600;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs each of the seeds, some at once.
fn run(database: &Database, seeds: &[u64]) {
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            let own = seeds.iter().skip(first).step_by(THREADS);
            scope.spawn(move || block_on(run_one_by_one(database, own)));
        }
    });
}

async fn run_one_by_one(database: &Database, seeds: impl Iterator<Item = &u64>) {
    for seed in seeds {
        if let Err(failure) = case(database, *seed, Bug::None).await {
            panic!("{failure}\n  on {database:?}; replay with SIMULATION_SEED={seed}");
        }
    }
}

/// The one seed that is to be replayed, else these.
fn seeds_or_replay(seeds: impl Iterator<Item = u64>) -> Vec<u64> {
    let seeds = number("SIMULATION_SEED").map_or_else(|| seeds.collect(), |seed| vec![seed]);
    println!("{} seeds from {:?} to {:?}", seeds.len(), seeds.first(), seeds.last());
    seeds
}

#[test]
fn no_invariant_breaks() {
    let end = number("SIMULATION_CASES").unwrap_or(CASES);
    run(&Database::Sqlite, &seeds_or_replay(0..end));
}

#[test]
fn no_invariant_breaks_on_postgres() {
    let server = store::testing::postgres().unwrap();
    let seeds = (0..).filter(|seed: &u64| !seed.is_multiple_of(RESTORING)).take(POSTGRES_CASES);
    run(&Database::Postgres(server), &seeds_or_replay(seeds));
}

fn assert_caught(bug: Bug) {
    let caught = block_on(async {
        // Only every eighth case restores a database.
        let step = if bug == Bug::RestoreUnnoticed { RESTORING } else { 1 };
        for seed in (0..SEEDS_TO_CATCH_A_BUG).step_by(usize::try_from(step).unwrap()) {
            if let Err(failure) = case(&Database::Sqlite, seed, bug).await {
                return Some(failure);
            }
        }
        None
    });
    let failure = caught.unwrap_or_else(|| panic!("{bug:?} was not caught in {SEEDS_TO_CATCH_A_BUG} cases"));
    println!("{bug:?} caught: {failure}");
}

#[test]
fn a_lost_compare_and_set_is_caught() {
    assert_caught(Bug::LostCompareAndSet);
}

#[test]
fn a_call_before_it_is_stored_is_caught() {
    assert_caught(Bug::CallBeforeStored);
}

#[test]
fn a_sweep_without_second_sighting_is_caught() {
    assert_caught(Bug::SweepWithoutSecondSighting);
}

#[test]
fn a_restore_that_goes_unnoticed_is_caught() {
    assert_caught(Bug::RestoreUnnoticed);
}
