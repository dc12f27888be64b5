//! A scripted provider in memory, for simulation and unit tests.
//!
//! [`Cloud`] is what is outside: the resources, and the faults that a test planned. [`Fake`] is one leader's way to
//! it; two leaders have one each over the same cloud. Nothing waits for real time: the clock is the test's.

mod cloud;
mod script;
mod world;

use std::sync::Arc;

use async_trait::async_trait;

pub use cloud::{Cloud, Double, Timing};
pub use script::{Call, Fault};

use super::{Batch, Capacity, Ensured, Error, Inventory, Limits, Provider, ResourceId};
use crate::id::RegionName;
use crate::time::Timestamp;
use script::Effect;

/// Most members of a batch that the fake takes.
pub const FAKE_BATCH_MEMBERS_MAX: usize = 100;
const FAKE_CONCURRENT_CALLS_MAX: usize = 8;

/// One region's way to a [`Cloud`].
#[derive(Clone, Debug)]
pub struct Fake {
    cloud: Arc<Cloud>,
    region: RegionName,
}

impl Fake {
    /// A client of `cloud` that only sees and touches what carries `region`.
    #[must_use]
    pub const fn new(cloud: Arc<Cloud>, region: RegionName) -> Self {
        Self { cloud, region }
    }

    /// What is outside.
    #[must_use]
    pub const fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// Runs one call with the fault that was planned for it; the effect's answers when there was none.
    async fn run(&self, call: Call, effect: Effect) -> Result<Vec<Ensured>, Error> {
        match self.cloud.begin(call).await {
            None => Ok(self.cloud.apply(&self.region, effect)),
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::After(error)) => {
                self.cloud.apply(&self.region, effect);
                Err(error)
            }
            Some(Fault::Late(error)) => {
                self.cloud.postpone(self.region.clone(), effect);
                Err(error)
            }
            Some(Fault::Held) => Ok(self.cloud.apply(&self.region, effect)),
        }
    }

    /// As [`Fake::run`] for calls that only read.
    async fn read(&self, call: Call) -> Result<(), Error> {
        match self.cloud.begin(call).await {
            None | Some(Fault::Held) => Ok(()),
            Some(Fault::Before(error) | Fault::After(error) | Fault::Late(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Provider for Fake {
    fn runs(&self) -> &'static str {
        "process"
    }

    fn limits(&self) -> Limits {
        Limits { batch_members: FAKE_BATCH_MEMBERS_MAX, concurrent_calls: FAKE_CONCURRENT_CALLS_MAX }
    }

    async fn ensure(&self, batch: &Batch) -> Vec<Ensured> {
        match self.run(Call::Ensure, Effect::Ensure(batch.members.clone())).await {
            Ok(answers) => answers,
            Err(error) => batch.members.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn delete(&self, resources: &[ResourceId]) -> Result<(), Error> {
        self.run(Call::Delete, Effect::Delete(resources.to_vec())).await.map(drop)
    }

    async fn list(&self) -> Result<Inventory, Error> {
        self.read(Call::List).await?;
        Ok(self.cloud.inventory(&self.region))
    }

    async fn keep_home(&self, home: &ResourceId, until: Option<Timestamp>) -> Result<(), Error> {
        self.run(Call::KeepHome, Effect::KeepHome(home.clone(), until)).await.map(drop)
    }

    async fn capacity(&self) -> Result<Capacity, Error> {
        self.read(Call::Capacity).await?;
        Ok(self.cloud.capacity())
    }
}

#[cfg(test)]
mod tests;
