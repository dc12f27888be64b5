//! The cluster is struck while a class works.

use tests::chaos::pods::campaign;

/// Sandboxes that are driven at once in each window; `FAULTS_SEATS` changes it, `FAULTS_SEED` replays a run,
/// `FAULTS_WINDOW` chooses one window.
const SEATS: usize = 6;
/// Sandboxes that live through a window, over all of a campaign.
const CASES_MIN: u64 = 30;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// `FAULTS_CASES` says how many cases are wanted: campaigns follow each other until there were so many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_whatever_happens_to_the_cluster() {
    let only = number("FAULTS_WINDOW");
    let seats = number("FAULTS_SEATS").and_then(|it| usize::try_from(it).ok()).unwrap_or(SEATS);
    let first = number("FAULTS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let (wanted, mut all) = (number("FAULTS_CASES").unwrap_or(1), 0);
    for seed in first.. {
        println!("FAULTS_SEED={seed} FAULTS_SEATS={seats}");
        match campaign(seed, seats, only).await {
            Ok(report) => {
                println!("{report}");
                assert!(only.is_some() || report.cases() >= CASES_MIN, "only {} cases", report.cases());
                all += report.cases();
            }
            Err(failure) => panic!("{failure:#}\n  replay with FAULTS_SEED={seed} FAULTS_SEATS={seats}"),
        }
        if all >= wanted {
            break;
        }
    }
    println!("{all} cases");
}
