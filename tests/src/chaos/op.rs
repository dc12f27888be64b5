//! What is done to the processes, and how a seed becomes a list of it.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use crate::processes::Role;

/// The points between intent, effect and record at which a jobrunner can kill itself.
const POINTS: [&str; 4] = ["create.stored", "create.done", "create.recorded", "delete.done"];
/// A point is passed up to this many times before.
const PASSES_MAX: u32 = 4;
/// One freeze in so many operations.
const OPS_PER_FREEZE: usize = 6;
/// Longer than the lease, so that another leads when the frozen one goes on.
const FREEZE_MS_MIN: u32 = 3_000;
const FREEZE_MS_MAX: u32 = 4_500;
const PAUSE_MS_MAX: u32 = 800;
const DOWN_MS_MAX: u32 = 700;

/// Which replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// This one.
    Replica(Role, usize),
    /// The jobrunner that leads at that moment.
    Leader,
}

/// One blow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// `kill -9`, and a new start after a while.
    Kill(Whom, Duration),
    /// SIGSTOP, and SIGCONT after a while; the next blows do not wait for it.
    Freeze(Whom, Duration),
    /// The next leader kills itself when it passes the point for the nth time.
    Crash(&'static str, u32),
}

/// One operation: a pause, then a blow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Before the blow.
    pub pause: Duration,
    /// What happens.
    pub blow: Blow,
}

/// Numbers from a seed.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The same numbers for the same seed and stream.
    #[must_use]
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end.max(1)
    }

    /// A time from `low` on and below `high`, in milliseconds.
    pub(super) fn time(&mut self, low: u32, high: u32) -> Duration {
        Duration::from_millis(u64::from(low + self.below(high - low)))
    }
}

/// The operations of a seed, without end: kills, two in five of them at named points, and freezes between them.
pub fn generate(seed: u64) -> impl Iterator<Item = Op> {
    let mut dice = Dice::new(seed, 0);
    (0..).map(move |nth| {
        let pause = dice.time(0, PAUSE_MS_MAX);
        let blow = if nth % OPS_PER_FREEZE == OPS_PER_FREEZE / 2 {
            Blow::Freeze(whom(&mut dice), dice.time(FREEZE_MS_MIN, FREEZE_MS_MAX))
        } else {
            kill_or_crash(&mut dice)
        };
        Op { pause, blow }
    })
}

fn kill_or_crash(dice: &mut Dice) -> Blow {
    match dice.below(5) {
        0 | 1 => {
            let point = POINTS[dice.below(4) as usize];
            Blow::Crash(point, 1 + dice.below(PASSES_MAX))
        }
        _ => Blow::Kill(whom(dice), dice.time(0, DOWN_MS_MAX)),
    }
}

fn whom(dice: &mut Dice) -> Whom {
    let index = dice.below(2) as usize;
    match dice.below(4) {
        0 => Whom::Replica(Role::ApiServer, index),
        1 => Whom::Replica(Role::Proxy, index),
        2 => Whom::Replica(Role::Jobrunner, index),
        _ => Whom::Leader,
    }
}
