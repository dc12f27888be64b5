//! What happens to a request on its way to the API server.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use crate::chaos::op::Dice;

/// A jobrunner gives a request up after 15 s.
const NOBODY_WAITS: Duration = Duration::from_secs(20);

/// How a road is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// Everything comes through.
    Fair,
    /// No connection comes through.
    Away,
    /// Every answer takes longer, up to so many milliseconds.
    Slow(u32),
    /// Reads take up to so many milliseconds longer, and writes longer than anybody waits for one.
    Stuck(u32),
    /// Refusals of every kind, and answers that are lost after their effect.
    Storm,
    /// The credentials are too old.
    Expired,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It comes through.
    Through,
    /// The connection breaks before.
    Broken,
    /// It comes through later.
    Later(Duration),
    /// It is answered on the road.
    Refused(StatusCode, &'static str),
    /// It has its effect; the answer is lost.
    AnswerLost,
}

impl Weather {
    /// What happens to a request of this method in this weather.
    pub(super) fn fate(self, method: &Method, dice: &mut Dice) -> Fate {
        match self {
            Self::Fair => Fate::Through,
            Self::Away => Fate::Broken,
            Self::Slow(most_ms) => Fate::Later(dice.time(most_ms / 8, most_ms)),
            Self::Stuck(most_ms) if *method == Method::GET => Fate::Later(dice.time(most_ms / 8, most_ms)),
            Self::Stuck(_) => Fate::Later(NOBODY_WAITS),
            Self::Expired => Fate::Refused(StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::Storm => Self::storm(method != Method::GET, dice.below(10)),
        }
    }

    /// Half of the reads suffer, and more of the writes.
    fn storm(writes: bool, lot: u32) -> Fate {
        match lot {
            0 | 1 => Fate::Refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
            2 | 5 if writes => Fate::Refused(StatusCode::CONFLICT, "Conflict"),
            3 => Fate::Refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            4 => Fate::AnswerLost,
            _ => Fate::Through,
        }
    }
}

/// An answer as the API server words it.
pub(super) fn status(code: StatusCode, reason: &str) -> serde_json::Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason,
        "code": code.as_u16(), "message": format!("a test says {reason}")})
}
