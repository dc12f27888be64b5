//! The roles, put together from one store, one state folder and one configuration.

use std::sync::Arc;

use domain::random::OsRandom;
use domain::time::SystemClock;
use jobrunner::{Providers, Role};
use local::Local;
use runtime::Stop;
use runtime::admin::Admin;
use store::Store;

use super::{State, UpConfig};
use crate::Error;

/// What every role is made of.
pub(super) struct Roles<'a> {
    pub(super) config: &'a UpConfig,
    pub(super) store: &'a Store,
    pub(super) state: &'a State,
    pub(super) admin: &'a Admin,
    pub(super) clock: Arc<SystemClock>,
    pub(super) random: Arc<OsRandom>,
}

impl Roles<'_> {
    pub(super) async fn api_server(&self, stop: Stop) -> Result<api_server::Server, Error> {
        let context = api_server::Context {
            region: self.config.region.name.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            stop,
            readiness: self.admin.readiness.clone(),
            registry: self.admin.registry.clone(),
        };
        let secrets = self.state.secrets()?;
        api_server::Server::bind(self.config.api.clone(), &secrets, context).await.map_err(Error::wrong)
    }

    pub(super) async fn proxy(&self) -> Result<proxy::Proxy, Error> {
        let context = proxy::Context {
            clock: self.clock.clone(),
            random: self.random.clone(),
            readiness: self.admin.readiness.clone(),
            registry: self.admin.registry.clone(),
        };
        let role_secret = self.state.role_secret()?;
        let config = proxy::Config { role_secret, ..self.config.proxy.clone() };
        proxy::Proxy::bind(&config, context).await.map_err(Error::wrong)
    }

    pub(super) fn jobrunner(&self, local: Arc<Local>) -> Result<Arc<jobrunner::Context>, Error> {
        let role = Role {
            region: self.config.region.name.clone(),
            config: self.config.jobrunner.clone(),
            store: self.store.clone(),
            providers: Providers::new([local as Arc<dyn domain::provider::Provider>]),
            signing: self.state.secrets()?.signing,
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        Ok(role.context())
    }
}
