//! The provider's door: each call goes to a thread that may wait for files.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use domain::check::Check;
use domain::id::RegionName;
use domain::provider::{Batch, Capacity, Ensured, Error, Inventory, Limits, Provider, ResourceId};
use domain::random::Random;
use domain::time::{Clock, Timestamp};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::change::Sight;
use crate::config::{self, Config};
use crate::doctor;
use crate::ensure::{self, unavailable};
use crate::ground::Ground;
use crate::{home, observe, remove, room};

const BATCH_MEMBERS_MAX: usize = 16;
const CONCURRENT_CALLS_MAX: usize = 4;

/// Runs machines as isolated processes of this computer.
#[derive(Debug)]
pub struct Local {
    ground: Arc<Ground>,
    /// What [`Provider::changed`] saw last.
    seen: Mutex<Sight>,
}

impl Local {
    /// The provider of a region on this computer. Machines that run already are its machines.
    ///
    /// # Errors
    /// [`config::Error`] when the state folder cannot be used.
    pub fn open(
        region: RegionName,
        config: Config,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, config::Error> {
        let ground = Arc::new(Ground::prepare(region, config, clock, random)?);
        Ok(Self { ground, seen: Mutex::default() })
    }

    /// What this computer can and cannot do for machines; runs a trial machine, so it takes some milliseconds.
    pub async fn doctor(&self) -> Vec<Check> {
        let ground = self.ground.clone();
        spawn_blocking(move || doctor::checks(&ground)).await.unwrap_or_default()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ground) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let ground = self.ground.clone();
        match spawn_blocking(move || work(&ground)).await {
            Ok(result) => result.map_err(unavailable),
            Err(error) => Err(Error::Unavailable { detail: error.to_string() }),
        }
    }
}

#[async_trait]
impl Provider for Local {
    fn runs(&self) -> &'static str {
        "process"
    }

    fn limits(&self) -> Limits {
        Limits { batch_members: BATCH_MEMBERS_MAX, concurrent_calls: CONCURRENT_CALLS_MAX }
    }

    async fn ensure(&self, batch: &Batch) -> Vec<Ensured> {
        let members = batch.members.clone();
        let all =
            move |ground: &Ground| Ok(members.iter().map(|spec| ensure::ensure(ground, spec)).collect());
        match self.run(all).await {
            Ok(answers) => answers,
            Err(error) => batch.members.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn delete(&self, resources: &[ResourceId]) -> Result<(), Error> {
        let ids = resources.to_vec();
        self.run(move |ground| remove::remove(ground, &ids)).await
    }

    async fn list(&self) -> Result<Inventory, Error> {
        self.run(list).await
    }

    async fn keep_home(&self, home: &ResourceId, until: Option<Timestamp>) -> Result<(), Error> {
        let id = home.clone();
        self.run(move |ground| home::keep(ground, &id, until)).await
    }

    async fn capacity(&self) -> Result<Capacity, Error> {
        self.run(room::capacity).await
    }

    async fn changed(&self) {
        let mut seen = self.seen.lock().await;
        loop {
            // A look that fails is a change: the tick that it wakes will say what is wrong.
            let Ok((sight, again)) = self.run(Sight::take).await else { return };
            if *seen != sight {
                *seen = sight;
                return;
            }
            tokio::time::sleep(again).await;
        }
    }
}

fn list(ground: &Ground) -> io::Result<Inventory> {
    remove::tidy(ground)?;
    let as_of = ground.clock.now();
    let mut resources = Vec::new();
    for (folder, record) in observe::all(ground)? {
        resources.extend(observe::resource(ground, &folder, &record)?);
    }
    resources.extend(home::all(ground)?.into_iter().map(|(_, home)| home.resource()));
    Ok(Inventory { as_of, resources })
}
