//! Operations, and how a seed becomes a list of them.

use domain::provider::fake::Call;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// Sandboxes of a case.
pub(super) const SLOTS: u8 = 4;
const OPS_MIN: u32 = 12;
const OPS_MAX: u32 = 40;

/// Which of the two jobrunners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The first.
    A,
    /// The second.
    B,
}

/// How the next call of a kind goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error, and nothing was done.
    Before,
    /// Done, but the answer was lost.
    After,
    /// Done later, after the caller gave up.
    Late,
    /// The caller is paused in the call, as by SIGSTOP, until [`Op::Release`].
    Held,
    /// No room.
    NoCapacity,
    /// Asked too often.
    Throttled,
}

/// One operation. The number is the slot of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The platform creates, with the slot's ref; a repeat while it exists must give the same sandbox.
    Create(u8),
    /// The platform stops.
    Stop(u8),
    /// The platform starts.
    Start(u8),
    /// The platform resets.
    Reset(u8),
    /// The platform deletes.
    Delete(u8),
    /// A jobrunner renews or takes the lease and runs each of its ticks once.
    Tick(Name),
    /// A jobrunner dies and another process takes its place.
    Restart(Name),
    /// The next call of this kind goes wrong.
    Fault(Call, FaultKind),
    /// A jobrunner stands still before it stores its next creation, until [`Op::Release`].
    Pause(Name),
    /// Paused callers go on.
    Release,
    /// Requests that were on their way arrive.
    LandLate,
    /// A machine vanishes.
    Vanish(u8),
    /// A machine of this region that nobody owns turns up, as after a fault that no test thought of.
    Orphan,
    /// A machine ends by itself.
    Exit(u8),
    /// Time passes, in milliseconds.
    Advance(u32),
    /// The clock jumps back, in milliseconds.
    JumpBack(u32),
    /// The database is saved.
    Backup,
    /// The saved database replaces the present one; both jobrunners start anew.
    Restore,
}

/// The operations that `seed` stands for.
#[must_use]
pub fn generate(seed: u64) -> Vec<Op> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let length = OPS_MIN + random.next_u32() % (OPS_MAX - OPS_MIN);
    let restores = seed.is_multiple_of(8);
    let mut ops = vec![Op::Create(0), Op::Tick(Name::A)];
    ops.extend((0..length).map(|_| one(&mut random, restores)));
    ops
}

fn one(random: &mut ChaCha8Rng, restores: bool) -> Op {
    let slot = u8::try_from(random.next_u32() % u32::from(SLOTS)).unwrap_or(0);
    match random.next_u32() % 100 {
        0..=13 => Op::Create(slot),
        14..=17 => Op::Stop(slot),
        18..=21 => Op::Start(slot),
        22..=25 => Op::Reset(slot),
        26..=30 => Op::Delete(slot),
        31..=58 => Op::Tick(name(random)),
        59..=61 => Op::Restart(name(random)),
        62..=70 => broken(random),
        71..=72 => Op::Pause(name(random)),
        73..=76 => Op::Release,
        77..=79 => Op::LandLate,
        80..=81 => Op::Vanish(slot),
        82 => Op::Orphan,
        83..=84 => Op::Exit(slot),
        85..=94 => Op::Advance(advance(random)),
        95 => Op::JumpBack(1 + random.next_u32() % 3_000),
        96..=97 if restores => Op::Backup,
        98..=99 if restores => Op::Restore,
        _ => Op::Tick(name(random)),
    }
}

/// Only a creation is ever held: a list or a delete that stands still holds up its own loop, which no test steps past.
fn broken(random: &mut ChaCha8Rng) -> Op {
    match (call(random), fault(random)) {
        (call @ (Call::List | Call::Delete), FaultKind::Held) => Op::Fault(call, FaultKind::Before),
        (call, kind) => Op::Fault(call, kind),
    }
}

fn name(random: &mut ChaCha8Rng) -> Name {
    // Mostly one leads, as in life; the other takes over now and then.
    if random.next_u32().is_multiple_of(4) { Name::B } else { Name::A }
}

fn call(random: &mut ChaCha8Rng) -> Call {
    match random.next_u32() % 6 {
        0..=2 => Call::Ensure,
        3..=4 => Call::Delete,
        _ => Call::List,
    }
}

fn fault(random: &mut ChaCha8Rng) -> FaultKind {
    match random.next_u32() % 8 {
        0 => FaultKind::Before,
        1..=2 => FaultKind::After,
        3 => FaultKind::Late,
        4..=5 => FaultKind::Held,
        6 => FaultKind::NoCapacity,
        _ => FaultKind::Throttled,
    }
}

/// Mostly moments; now and then longer than a lease, or than the sweep's grace.
fn advance(random: &mut ChaCha8Rng) -> u32 {
    match random.next_u32() % 8 {
        0..=3 => 1 + random.next_u32() % 500,
        4..=5 => 500 + random.next_u32() % 3_000,
        6 => 6_000 + random.next_u32() % 6_000,
        _ => 60_000 + random.next_u32() % 60_000,
    }
}
