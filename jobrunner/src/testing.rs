//! For tests only: bugs that can be planted, and points at which a process kills itself.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A bug that a simulation must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// None.
    None = 0,
    /// A lost compare-and-set is taken for success, and its effect carried out.
    LostCompareAndSet,
    /// The provider is called before the new incarnation is stored.
    CallBeforeStored,
    /// A resource is swept at its first sighting.
    SweepWithoutSecondSighting,
    /// A restored database is not noticed.
    RestoreUnnoticed,
}

/// The bug that is switched on.
#[derive(Debug, Default)]
pub struct Planted(AtomicU8);

impl Planted {
    /// Switches a bug on, and every other off.
    pub fn plant(&self, bug: Bug) {
        self.0.store(bug as u8, Ordering::SeqCst);
    }

    fn is(&self, bug: Bug) -> bool {
        self.0.load(Ordering::SeqCst) == bug as u8
    }

    pub(crate) fn lost_compare_and_set(&self) -> bool {
        self.is(Bug::LostCompareAndSet)
    }

    pub(crate) fn call_before_stored(&self) -> bool {
        self.is(Bug::CallBeforeStored)
    }

    pub(crate) fn sweep_without_second_sighting(&self) -> bool {
        self.is(Bug::SweepWithoutSecondSighting)
    }

    pub(crate) fn restore_unnoticed(&self) -> bool {
        self.is(Bug::RestoreUnnoticed)
    }
}

/// Where a test lets a leader stand still, as SIGSTOP would: between its plan and what it stores.
#[derive(Debug, Default)]
pub struct Pause {
    armed: AtomicBool,
    standing: AtomicUsize,
    go_on: Notify,
}

impl Pause {
    /// The next creation stands still before it is stored.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// How many stand still.
    pub fn standing(&self) -> usize {
        self.standing.load(Ordering::SeqCst)
    }

    /// Whoever stands still goes on, and nobody will stand still any more.
    pub fn release(&self) {
        self.armed.store(false, Ordering::SeqCst);
        self.standing.store(0, Ordering::SeqCst);
        self.go_on.notify_waiters();
    }

    pub(crate) async fn here(&self) {
        if self.armed.swap(false, Ordering::SeqCst) {
            let go_on = self.go_on.notified();
            self.standing.fetch_add(1, Ordering::SeqCst);
            go_on.await;
        }
    }
}

/// Environment variable that names the point at which this process kills itself, and how often it is passed first:
/// `create.stored:3`.
pub const CRASH_AT: &str = "QINGJIAO_CRASH_AT";

/// Kills the process, as `kill -9` would, when it passes the named point for the chosen time.
pub fn crash_point(name: &str) {
    use std::sync::atomic::AtomicU64;
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let Ok(chosen) = std::env::var(CRASH_AT) else { return };
    let (point, times) = chosen.split_once(':').unwrap_or((&chosen, "1"));
    if point == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == times.parse().unwrap_or(1) {
        std::process::abort();
    }
}
