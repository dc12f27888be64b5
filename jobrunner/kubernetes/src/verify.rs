//! Proof that the copies are complete, and since when.

use std::time::Duration;

use domain::provider::Error;
use domain::time::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::copy::{Copy, Kind};

/// Shortest time between two proofs.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// A proof may take this part of the time between two, so that a large region does not load the API server.
const SHARE: u32 = 10;
/// A proof that is older than this is none.
const AGE_MAX: Duration = Duration::from_secs(5);
/// Proofs in a row that find a watch behind, after which it is made anew.
const BEHIND_MAX: u32 = 3;

/// The last proof.
#[derive(Debug, Default)]
pub(crate) struct Verification(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    proof: Option<Proof>,
    pods_behind: u32,
    claims_behind: u32,
}

#[derive(Clone, Copy, Debug)]
struct Proof {
    as_of: Timestamp,
    at: Instant,
    took: Duration,
}

impl Verification {
    /// The moment that the copies are complete for: now, or when they were last compared with the cluster.
    ///
    /// # Errors
    /// They could not be compared for so long that they may be stale.
    pub(crate) async fn as_of(&self, cluster: &Cluster) -> Result<Timestamp, Error> {
        let mut last = self.0.lock().await;
        let is_due = |proof: &Proof| proof.at.elapsed() >= INTERVAL_MIN.max(proof.took * SHARE);
        if let Some(proof) = last.proof.filter(|proof| !is_due(proof)) {
            return Ok(proof.as_of);
        }
        let (as_of, at) = (cluster.clock.now(), Instant::now());
        match last.compare(cluster).await {
            Ok(()) => {
                last.proof = Some(Proof { as_of, at, took: at.elapsed() });
                Ok(as_of)
            }
            Err(error) => {
                let recent = last.proof.filter(|proof| proof.at.elapsed() < AGE_MAX);
                recent.map(|proof| proof.as_of).ok_or(error)
            }
        }
    }
}

impl Last {
    async fn compare(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let (pods, claims) = tokio::join!(cluster.pods.verify(), cluster.claims.verify());
        note(&mut self.pods_behind, pods?, &cluster.pods);
        note(&mut self.claims_behind, claims?, &cluster.claims);
        Ok(())
    }
}

/// A watch that is behind every time tells nothing any more, though its connection looks well.
fn note<K: Kind>(times: &mut u32, behind: usize, copy: &Copy<K>) {
    *times = if behind == 0 { 0 } else { *times + 1 };
    if *times >= BEHIND_MAX {
        tracing::warn!(kubernetes.kind = %K::kind(&()), "the watch is stale and made anew");
        copy.distrust();
        *times = 0;
    }
}
