//! Whether a cluster can carry a region, found out before it does: by looking, and by machines made for trial. All of it
//! needs no other rights than a jobrunner has.

mod clock;
mod images;
mod looks;
mod network;
mod rights;
mod storage;
mod trial;
mod trial_pod;

use std::fmt;
use std::sync::Arc;

use domain::check::{Check, Mark};
use domain::random::Random;
use domain::time::Clock;
use kube::Client;

use crate::gate::Gate;
use crate::{Config, Error, connect};

use trial::Trial;

/// A look at one cluster.
pub struct Doctor {
    client: Client,
    config: Config,
    gate: Gate,
    clock: Arc<dyn Clock>,
    trial: Trial,
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor").field("namespace", &self.config.namespace).finish_non_exhaustive()
    }
}

impl Doctor {
    /// A look at the cluster that a configuration names. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error`] when the configuration cannot be used.
    pub async fn open(config: Config, clock: Arc<dyn Clock>, random: &dyn Random) -> Result<Self, Error> {
        let client = connect::client(&config).await?;
        let gate = Gate::new(config.requests_per_second);
        let trial = Trial::new(client.clone(), &config, random);
        Ok(Self { client, config, gate, clock, trial })
    }

    /// Looks at everything, and removes what it made. `tell` hears what is looked at next. `images` are pulled too.
    pub async fn checks(&self, images: &[String], tell: &(dyn Fn(&str) + Sync)) -> Vec<Check> {
        tell("the API server");
        let mut checks = vec![looks::version(self).await];
        if checks.iter().all(|check| check.is_good()) {
            tell("rights");
            checks.push(rights::check(self).await);
        }
        if checks.iter().all(|check| check.is_good()) {
            tell("nodes");
            checks.push(looks::nodes(self).await);
        }
        if checks.iter().all(|check| check.mark != Mark::Bad) {
            checks.extend(self.tries(images, tell).await);
            tell("cleaning up");
            checks.extend(self.trial.clean(self).await.err().map(|error| leftovers(&self.config, &error)));
        }
        checks
    }

    /// Removes what [`Doctor::checks`] made, when it was interrupted.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn clean(&self) -> Result<(), String> {
        self.trial.clean(self).await
    }

    async fn tries(&self, images: &[String], tell: &(dyn Fn(&str) + Sync)) -> Vec<Check> {
        tell("a machine for trial");
        // What a run that was killed has left; one that cannot be removed is told of at the end.
        let _ = self.trial.clean_old(self).await;
        let (first, made) = images::first(self).await;
        let mut checks = vec![first];
        // What hinders the simplest machine hinders all others too.
        let Some(made) = made else { return checks };
        for image in images {
            tell(&format!("the image {image}"));
            checks.push(images::check(self, image).await);
        }
        tell("storage");
        checks.push(storage::check(self).await);
        tell("network policies");
        checks.push(network::check(self, &made).await);
        checks.push(clock::check(&made));
        checks
    }
}

/// Something for trial could not be removed.
fn leftovers(config: &Config, error: &str) -> Check {
    let remedy = format!(
        "remove it: kubectl --namespace {} delete pods,persistentvolumeclaims --selector {}",
        config.namespace,
        trial::MARK
    );
    Check::bad("cleaning up", error, remedy)
}
