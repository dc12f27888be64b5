//! All replicas of a region.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::ground::REPLICAS;
use super::{Ground, Machines, Replica, Role};

/// How long a region may take until every replica is ready.
const START_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A running region of processes.
#[derive(Debug)]
pub struct Fleet {
    /// What it stands on.
    pub ground: Arc<Ground>,
    replicas: Vec<Arc<Replica>>,
    supervisors: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Fleet {
    /// Starts two replicas of every role, and waits until each is ready.
    ///
    /// # Errors
    /// What is missing, or who was not ready in time.
    pub async fn start(machines: Machines) -> anyhow::Result<Self> {
        Self::launch(Ground::prepare(machines).await?, &Role::ALL).await
    }

    /// Starts another region beside it, whose name and database are its own: one api-server and one jobrunner. It has no
    /// proxy, so nobody comes in but by the API.
    ///
    /// # Errors
    /// What is missing, or who was not ready in time.
    pub async fn beside(machines: Machines) -> anyhow::Result<Self> {
        Self::launch(Ground::beside(machines).await?, &[Role::ApiServer, Role::Jobrunner]).await
    }

    async fn launch(ground: Ground, roles: &[Role]) -> anyhow::Result<Self> {
        let ground = Arc::new(ground);
        let (mut supervisors, stop) = (JoinSet::new(), CancellationToken::new());
        let mut replicas = Vec::new();
        for role in roles {
            for index in 0..ground.replicas {
                let replica = Arc::new(Replica::new(ground.clone(), *role, index));
                supervisors.spawn(replica.clone().supervise(stop.clone()));
                replicas.push(replica);
            }
        }
        let fleet = Self { ground, replicas, supervisors, stop };
        fleet.ready().await?;
        Ok(fleet)
    }

    /// Every replica.
    #[must_use]
    pub fn replicas(&self) -> &[Arc<Replica>] {
        &self.replicas
    }

    /// One replica of a region that has every role.
    #[must_use]
    pub fn replica(&self, role: Role, index: usize) -> &Arc<Replica> {
        &self.replicas[role as usize * REPLICAS + index % REPLICAS]
    }

    /// The jobrunner that leads, as far as the logs tell: the one that has come to lead in its youngest life.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        let leads = |index: &usize| {
            let replica = self.replica(Role::Jobrunner, *index);
            replica.running_since().is_some() && replica.log().contains("\"leading\"")
        };
        let mut leading = (0..REPLICAS).filter(leads);
        leading.next().filter(|_| leading.next().is_none())
    }

    /// When the youngest life began; none while one is down or stands still.
    #[must_use]
    pub fn all_running_since(&self) -> Option<Instant> {
        let each: Option<Vec<_>> = self.replicas.iter().map(|replica| replica.running_since()).collect();
        each?.into_iter().max()
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let client = reqwest::Client::new();
        let deadline = Instant::now() + START_MAX;
        for replica in &self.replicas {
            let admin = self.ground.addresses(replica.role, replica.index).1;
            loop {
                let answer = client.get(format!("http://{admin}/readyz")).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                if Instant::now() > deadline {
                    bail!("{} is not ready in time; it said: {}", replica.name(), replica.log());
                }
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Stops every process and waits for its end.
    ///
    /// # Errors
    /// When a process could not be started or stopped.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.supervisors.join_next().await {
            ended.context("a supervisor")??;
        }
        Ok(())
    }
}
