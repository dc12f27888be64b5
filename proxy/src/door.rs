//! From a visit to an open connection into its machine, and the terms on which it stays open.

use std::sync::Arc;

use domain::id::MachineName;
use domain::phase::Phase;
use domain::route::{Route, Target};
use http::StatusCode;

use crate::agent::{self, Tunnel};
use crate::lease::{Ended, Lease};
use crate::problem::Problem;
use crate::visit::Visit;

/// What of a machine is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// A port behind the agent.
    Port(u16),
    /// The agent itself.
    Agent,
}

/// An open connection into a machine.
pub(crate) struct Opened {
    pub(crate) tunnel: Tunnel,
    /// The right to enter, for requests to the agent itself.
    pub(crate) token: String,
    /// Resolves when the connection must end.
    pub(crate) ended: Ended,
}

/// Opens the way. When the machine is another one than the table says, the route is asked for anew, once.
///
/// # Errors
/// The sandbox is not ready, or the machine can't be reached.
pub(crate) async fn open(visit: &Visit, door: Door) -> Result<Opened, Problem> {
    match try_open(visit, visit.route.clone(), door).await {
        Ok(opened) => Ok(opened),
        Err(Failure::Problem(problem)) => Err(problem),
        Err(Failure::Stale(error)) => {
            tracing::debug!(sandbox.id = %visit.host.sandbox, %error, "a route may be stale");
            reopen(visit, door).await
        }
    }
}

/// Opens the way after the route was found to be stale: by the newest that can be had, and no further.
///
/// # Errors
/// As [`open`].
pub(crate) async fn reopen(visit: &Visit, door: Door) -> Result<Opened, Problem> {
    let newest = visit.shared.pulls.newest(&visit.host.sandbox).await.ok_or_else(Problem::unknown_host)?;
    match try_open(visit, newest, door).await {
        Ok(opened) => Ok(opened),
        Err(Failure::Problem(problem)) => Err(problem),
        Err(Failure::Stale(_)) => Err(Problem::machine_unreachable()),
    }
}

enum Failure {
    Problem(Problem),
    /// The route may name a machine that is not there any more.
    Stale(agent::Error),
}

async fn try_open(visit: &Visit, route: Arc<Route>, door: Door) -> Result<Opened, Failure> {
    let target = target(visit, &route).map_err(Failure::Problem)?;
    let dialled = match door {
        Door::Port(port) => agent::connect(target, port).await,
        Door::Agent => agent::dial(target).await,
    };
    let tunnel = dialled.map_err(failure)?;
    let ended = ended(visit, target).map_err(Failure::Problem)?;
    Ok(Opened { tunnel, token: target.token.clone().unwrap_or_default(), ended })
}

fn failure(error: agent::Error) -> Failure {
    match error {
        agent::Error::Unreachable(_) | agent::Error::Refused => Failure::Stale(error),
        agent::Error::PortClosed(_) => {
            let detail = "nothing listens on the app's port; start the app in the environment";
            Failure::Problem(
                Problem::new(StatusCode::BAD_GATEWAY, "app_not_listening", detail).retry_after(2),
            )
        }
        agent::Error::Failed(_) => Failure::Problem(Problem::machine_unreachable()),
    }
}

/// The machine of the visit's app; only a ready sandbox has one.
fn target<'a>(visit: &Visit, route: &'a Route) -> Result<&'a Target, Problem> {
    let claims = visit.claims()?;
    if claims.epo != route.access_epoch {
        return Err(visit.no_access());
    }
    ready(route, &visit.app.machine).ok_or_else(|| Problem::not_ready(route))
}

/// Where a machine is, if its sandbox is ready.
pub(crate) fn ready<'a>(route: &'a Route, machine: &MachineName) -> Option<&'a Target> {
    route.targets.get(machine).filter(|_| route.phase == Phase::Ready)
}

fn ended(visit: &Visit, target: &Target) -> Result<Ended, Problem> {
    let lease = Lease {
        machine: visit.app.machine.clone(),
        incarnation: target.incarnation,
        access_epoch: visit.claims()?.epo,
        expires_at: visit.access_expires_at()?,
    };
    let followed = visit.shared.table.follow(&visit.host.sandbox).ok_or_else(Problem::unknown_host)?;
    Ok(Box::pin(lease.ended(followed, visit.shared.clock.clone())))
}
