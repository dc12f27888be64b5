//! Randomness, injected so that a simulation can repeat it from a seed.

use std::fmt;

/// A source of random bytes. Ids, tickets and keys come from here.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A random number, for jitter.
    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The operating system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness there are no ids, tickets or keys: nothing may go on.
        #[expect(
            clippy::expect_used,
            reason = "the kernel's source fails only where the system cannot run at all"
        )]
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The same bytes for the same seed.
#[cfg(feature = "testing")]
#[derive(Debug)]
pub struct SeededRandom(parking_lot::Mutex<rand_chacha::ChaCha8Rng>);

#[cfg(feature = "testing")]
impl SeededRandom {
    /// A source that begins at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        use rand_chacha::rand_core::SeedableRng as _;
        Self(parking_lot::Mutex::new(rand_chacha::ChaCha8Rng::seed_from_u64(seed)))
    }
}

#[cfg(feature = "testing")]
impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        use rand_chacha::rand_core::RngCore as _;
        self.0.lock().fill_bytes(bytes);
    }
}
