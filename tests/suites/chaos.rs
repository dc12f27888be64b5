//! Two replicas of every role as separate processes: the same flow, and a campaign of blows.

use tests::chaos::{Blow, campaign, flow, generate};
use tests::processes::Machines;
use tokio::sync::Mutex;

/// Kills of one run; `CHAOS_KILLS` changes it, `CHAOS_SEED` replays one.
const KILLS: usize = 30;
/// Sandboxes that are driven at once.
const SEATS: usize = 30;

/// Each needs the computer for itself.
pub(super) static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn a_seed_always_gives_the_same_operations_and_every_kind_of_them() {
    let ops: Vec<_> = generate(7).take(60).collect();
    assert!(generate(7).zip(&ops).all(|(again, op)| again == *op));
    for point in ["create.stored", "create.done", "create.recorded", "delete.done"] {
        assert!(ops.iter().any(|op| matches!(op.blow, Blow::Crash(at, _) if at == point)), "{point}");
    }
    assert!(ops.iter().any(|op| matches!(op.blow, Blow::Freeze(..))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flow_goes_through_two_replicas_of_every_role() {
    let _alone = ONE_AT_A_TIME.lock().await;
    flow(Machines::Processes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_however_processes_die() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let count = |variable, usual| number(variable).and_then(|it| usize::try_from(it).ok()).unwrap_or(usual);
    let seed = number("CHAOS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("CHAOS_SEED={seed}");
    match campaign(seed, count("CHAOS_KILLS", KILLS), count("CHAOS_SEATS", SEATS)).await {
        Ok(report) => println!("{report}"),
        Err(failure) => panic!("{failure:#}\n  replay with CHAOS_SEED={seed}"),
    }
}
