//! Generated operations must never break an invariant, and planted bugs must be caught.

use jobrunner::testing::Bug;
use tests::simulation::{Database, case};

/// Cases of one run; `SIMULATION_CASES` changes it, `SIMULATION_SEED` replays one.
const CASES: u64 = 5_000;
/// Seeds within which every planted bug must show.
const SEEDS_TO_CATCH_A_BUG: u64 = 600;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs seeds `first`, `first + step`, … on one thread.
fn run(first: u64, step: usize, end: u64) {
    block_on(async {
        for seed in (first..end).step_by(step) {
            if let Err(failure) = case(&Database::Sqlite, seed, Bug::None).await {
                panic!("{failure}\n  replay with SIMULATION_SEED={seed}");
            }
        }
    });
}

#[test]
fn no_invariant_breaks() {
    if let Some(seed) = number("SIMULATION_SEED") {
        return run(seed, 1, seed + 1);
    }
    let end = number("SIMULATION_CASES").unwrap_or(CASES);
    println!("seeds 0 to {end}");
    std::thread::scope(|scope| {
        for first in 0..2 {
            scope.spawn(move || run(first, 2, end));
        }
    });
}

fn assert_caught(bug: Bug) {
    let caught = block_on(async {
        // Only every eighth case restores a database.
        let step = if bug == Bug::RestoreUnnoticed { 8 } else { 1 };
        for seed in (0..SEEDS_TO_CATCH_A_BUG).step_by(step) {
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
