//! The provider that the configuration chooses: the one place of this program where its kind matters.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::id::RegionName;
use domain::provider::Provider;
use domain::random::Random;
use domain::time::Clock;
use jobrunner::ProviderKind;
use kubernetes::Kubernetes;
use local::Local;

use super::Program;

impl Program {
    /// Opens the provider that `jobrunner.provider` names, with the section of its name.
    pub(super) async fn open_provider(
        &mut self,
        region: &RegionName,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<dyn Provider>> {
        match self.jobrunner.provider {
            ProviderKind::Local => {
                let options = self.local.take();
                let options = options.context("jobrunner.provider is `local`: add the section `local`")?;
                Ok(Arc::new(Local::open(region.clone(), options, clock, random).context("local")?))
            }
            ProviderKind::Kubernetes => {
                let options = self.kubernetes.take();
                let options =
                    options.context("jobrunner.provider is `kubernetes`: add the section `kubernetes`")?;
                let provider = Kubernetes::open(region.clone(), options, clock).await;
                Ok(Arc::new(provider.context("kubernetes")?))
            }
        }
    }
}
