//! On what terms a visitor is connected, and what ends the connection before its time.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::id::MachineName;
use domain::route::Route;
use domain::time::{Clock, Timestamp};
use tokio::time::sleep;

use crate::table::Followed;

/// Sleeps are cut into pieces, so that a clock that was set right is noticed.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Why a live connection is ended by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The machine is stopping, or another life of it took its place.
    Stopped,
    /// Access was taken back.
    Revoked,
    /// The cookie's time is over.
    Expired,
    /// This proxy stops.
    Restarting,
}

impl Ending {
    /// The WebSocket closing code: 4001 makes our pages look at the status before they come back, 1012 makes
    /// everybody come back.
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Stopped | Self::Revoked | Self::Expired => 4001,
            Self::Restarting => 1012,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Stopped => "sandbox is stopping",
            Self::Revoked => "access was revoked",
            Self::Expired => "access has expired",
            Self::Restarting => "service restart",
        }
    }
}

/// Resolves when a connection must end.
pub(crate) type Ended = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// The terms of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) machine: MachineName,
    pub(crate) incarnation: u64,
    pub(crate) access_epoch: u64,
    /// When the cookie expires.
    pub(crate) expires_at: Timestamp,
}

impl Lease {
    /// Why these terms don't hold by `route`, if they don't.
    fn broken_by(&self, route: Option<&Route>) -> Option<Ending> {
        let Some(route) = route else { return Some(Ending::Stopped) };
        let incarnation = route.targets.get(&self.machine).map(|target| target.incarnation);
        if incarnation != Some(self.incarnation) {
            Some(Ending::Stopped)
        } else if route.access_epoch != self.access_epoch {
            Some(Ending::Revoked)
        } else {
            None
        }
    }

    /// Waits until the terms don't hold any more.
    pub(crate) async fn ended(self, mut followed: Followed, clock: Arc<dyn Clock>) -> Ending {
        loop {
            if let Some(ending) = self.broken_by(followed.borrow_and_update().as_deref()) {
                return ending;
            }
            let left = self.expires_at.since(clock.now());
            if left.is_zero() {
                return Ending::Expired;
            }
            tokio::select! {
                changed = followed.changed() => if changed.is_err() { return Ending::Stopped },
                () = sleep(left.min(LOOK_AGAIN_AFTER)) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
