//! Agents without sockets: a machine is ready when it runs.

use std::sync::Arc;

use async_trait::async_trait;
use domain::plan::Probe;
use domain::provider::State;
use domain::provider::fake::Cloud;
use domain::template;
use jobrunner::{Agents, Door, Given};

/// Answers from what exists in the cloud.
#[derive(Debug)]
pub(super) struct CloudAgents(pub(super) Arc<Cloud>);

#[async_trait]
impl Agents for CloudAgents {
    async fn probe(&self, door: &Door, _: &template::Machine) -> Probe {
        let resources = self.0.resources();
        let running = |address: &domain::provider::Address| *address == door.address;
        let found = resources.iter().find(|r| r.address.as_ref().is_some_and(running));
        match found.map(|resource| &resource.state) {
            Some(State::Running) => Probe::Passed,
            Some(State::Exited(exit)) => Probe::Exited(exit.clone()),
            Some(State::Pending(_) | State::Deleting) | None => Probe::NotYet,
        }
    }

    async fn bind(&self, _: &Door, _: &template::Bind, _: Given) -> Result<(), String> {
        Ok(())
    }
}
