//! The one list of phases that a sandbox goes through, and which may follow which.

use serde::{Deserialize, Serialize};

/// Where a sandbox is on its way. The names are those of the API and the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for room; nothing exists outside the store.
    Queued,
    /// Admitted; its machines are being made.
    Provisioning,
    /// Every machine runs; its apps are not ready yet.
    Starting,
    /// A student can come in.
    Ready,
    /// Its machines are being removed; its home stays.
    Stopping,
    /// No machine exists; its home may.
    Stopped,
    /// Everything of it is being removed.
    Deleting,
    /// Nothing of it exists any more, but for its row and its kept home.
    Deleted,
    /// Given up with a cause; machines are removed, the home is kept.
    Failed,
}

/// What the caller wants of a sandbox; it stands beside the phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Machines that run.
    Running,
    /// No machines, the home kept.
    Stopped,
    /// Nothing.
    Deleted,
}

/// A text names no phase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no phase; a phase is queued, provisioning, starting, ready, stopping, stopped, deleting, deleted or failed"
)]
pub struct UnknownPhase(pub String);

impl Phase {
    /// Every phase, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Provisioning,
        Self::Starting,
        Self::Ready,
        Self::Stopping,
        Self::Stopped,
        Self::Deleting,
        Self::Deleted,
        Self::Failed,
    ];

    /// The name in the API, the database and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Provisioning => "provisioning",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }

    /// Whether a sandbox may go from this phase to `to`: the matrix of architecture.md.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        match self {
            Self::Queued => matches!(to, Self::Provisioning | Self::Stopped | Self::Deleting),
            Self::Provisioning => {
                matches!(to, Self::Starting | Self::Queued | Self::Stopping | Self::Failed | Self::Deleting)
            }
            Self::Starting => {
                matches!(
                    to,
                    Self::Ready | Self::Provisioning | Self::Stopping | Self::Failed | Self::Deleting
                )
            }
            Self::Ready => {
                matches!(
                    to,
                    Self::Starting | Self::Provisioning | Self::Stopping | Self::Failed | Self::Deleting
                )
            }
            Self::Stopping => matches!(to, Self::Stopped | Self::Failed | Self::Deleting),
            Self::Stopped => matches!(to, Self::Queued | Self::Deleting),
            Self::Failed => matches!(to, Self::Queued | Self::Stopped | Self::Deleting),
            Self::Deleting => matches!(to, Self::Deleted),
            Self::Deleted => false,
        }
    }

    /// Whether machines of the sandbox may exist or be about to.
    #[must_use]
    pub const fn holds_machines(self) -> bool {
        match self {
            Self::Provisioning | Self::Starting | Self::Ready | Self::Stopping | Self::Deleting => true,
            Self::Queued | Self::Stopped | Self::Deleted | Self::Failed => false,
        }
    }

    /// Whether the sandbox counts against its tenant's quota of running sandboxes.
    #[must_use]
    pub const fn counts_for_quota(self) -> bool {
        match self {
            Self::Queued | Self::Provisioning | Self::Starting | Self::Ready | Self::Stopping => true,
            Self::Stopped | Self::Deleting | Self::Deleted | Self::Failed => false,
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Phase {
    type Err = UnknownPhase;
    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or_else(|| UnknownPhase(text.to_owned()))
    }
}

impl Wanted {
    /// The name in the API, the database and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Deleted => "deleted",
        }
    }
}

impl std::str::FromStr for Wanted {
    type Err = UnknownPhase;
    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        [Self::Running, Self::Stopped, Self::Deleted]
            .into_iter()
            .find(|wanted| wanted.as_str() == text)
            .ok_or_else(|| UnknownPhase(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Phase;

    #[test]
    fn names_round_trip() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse::<Phase>().unwrap(), phase);
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.as_str());
        }
        assert!("Ready".parse::<Phase>().is_err());
    }

    #[test]
    fn every_life_can_end_and_no_dead_one_returns() {
        for phase in Phase::ALL {
            assert!(!Phase::Deleted.may_become(phase));
            let can_end =
                phase.may_become(Phase::Deleting) || matches!(phase, Phase::Deleting | Phase::Deleted);
            assert!(can_end, "{phase}");
        }
    }

    #[test]
    fn nothing_is_ready_without_having_started() {
        for phase in Phase::ALL {
            assert_eq!(phase.may_become(Phase::Ready), phase == Phase::Starting, "{phase}");
        }
    }
}
