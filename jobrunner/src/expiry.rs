//! The tick that ends what has had its time: lifetimes, waiting times, idleness, and rests.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::cause::{Cause, Code};
use domain::id::SandboxId;
use domain::phase::{Phase, Wanted};
use domain::sandbox::{Intent, Sandbox};
use domain::template::{Idle, IdleThen, Template};
use domain::time::Timestamp;
use runtime::{BoxError, Next, Tick};

use crate::{Context, Error};

/// How long before an idle stop or the end of life people are told, in seconds.
const WARNING_S: u64 = 300;
const SECONDS_PER_DAY: u64 = 24 * 3600;

/// Writes the intents that time asks for.
#[derive(Debug)]
pub struct Expiry {
    ctx: Arc<Context>,
}

/// What time asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    Stop { cause: Code, wakeable: bool },
    Delete,
    WarnOfIdleStop(Option<Timestamp>),
    WarnOfEnd,
}

impl Expiry {
    /// The tick.
    #[must_use]
    pub const fn new(ctx: Arc<Context>) -> Self {
        Self { ctx }
    }

    async fn look(&self) -> Result<Next, Error> {
        if self.ctx.leadership.term(&*self.ctx.clock).is_none() {
            return Ok(Next::Idle);
        }
        let idle_ms: BTreeMap<SandboxId, u64> = self
            .ctx
            .store
            .activity()
            .all_idle()
            .await?
            .into_iter()
            .map(|(id, idle)| (id, idle.idle_ms))
            .collect();
        let now = self.ctx.now();
        for sandbox in self.ctx.store.sandboxes().live().await? {
            let template = self.ctx.template(&sandbox).await?;
            let idle_ms = idle_ms.get(&sandbox.intent.id).copied().unwrap_or(0);
            self.apply(&sandbox, due(&sandbox, &template, idle_ms, now)).await?;
        }
        Ok(Next::Idle)
    }

    async fn apply(&self, sandbox: &Sandbox, due: Due) -> Result<(), Error> {
        let (id, generation) = (&sandbox.intent.id, sandbox.intent.generation);
        let intent = self.ctx.store.intent();
        let done = match due {
            Due::Nothing => return Ok(()),
            Due::Stop { cause, wakeable } => {
                let cause = Cause::new(cause, sandbox.status.phase, self.ctx.now());
                intent.stop_by_policy(id, generation, cause, wakeable).await.map(drop)
            }
            Due::Delete => intent.delete_by_policy(id, generation).await.map(drop),
            Due::WarnOfIdleStop(at) => intent.set_idle_stop_at(id, generation, at).await.map(drop),
            Due::WarnOfEnd => intent.announce_end(id, generation).await.map(drop),
        };
        match done {
            Ok(()) => {
                self.ctx.wakes.reconcile.notify_one();
                Ok(())
            }
            // A command came first: it wins.
            Err(store::Error::Conflict | store::Error::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn due(sandbox: &Sandbox, template: &Template, idle_ms: u64, now: Timestamp) -> Due {
    let Sandbox { intent, status } = sandbox;
    match (intent.wanted, status.phase) {
        (Wanted::Deleted, _) => Due::Nothing,
        (Wanted::Running, Phase::Failed) | (Wanted::Stopped, Phase::Stopped | Phase::Failed) => {
            let kept_until = status.phase_since.plus_s(template.policy.keep_home_days * SECONDS_PER_DAY);
            if now >= kept_until { Due::Delete } else { Due::Nothing }
        }
        (Wanted::Stopped, _) => Due::Nothing,
        (Wanted::Running, _) if now >= intent.expires_at => {
            Due::Stop { cause: Code::Expired, wakeable: false }
        }
        (Wanted::Running, _) if ends_soon(intent, now) && !intent.expires_soon => Due::WarnOfEnd,
        (Wanted::Running, Phase::Queued) if intent.queue_until.is_some_and(|until| now >= until) => {
            Due::Stop { cause: Code::QueueTimedOut, wakeable: false }
        }
        (Wanted::Running, Phase::Ready) => {
            template.policy.idle.map_or(Due::Nothing, |idle| due_idle(sandbox, idle, idle_ms, now))
        }
        (Wanted::Running, _) => Due::Nothing,
    }
}

/// Whether people are to be told of the end of a life. One that is shorter than the warning ends without.
fn ends_soon(intent: &Intent, now: Timestamp) -> bool {
    now.plus_s(WARNING_S) >= intent.expires_at && intent.run_since.plus_s(WARNING_S) < intent.expires_at
}

fn due_idle(sandbox: &Sandbox, idle: Idle, idle_ms: u64, now: Timestamp) -> Due {
    let after_ms = idle.after_s * 1000;
    let left_ms = after_ms.saturating_sub(idle_ms);
    if left_ms == 0 {
        return match idle.then {
            IdleThen::Stop => Due::Stop { cause: Code::Idle, wakeable: true },
            IdleThen::Delete => Due::Delete,
        };
    }
    let near = left_ms <= WARNING_S * 1000 && left_ms < after_ms;
    match (near, sandbox.intent.idle_stop_at) {
        (true, None) => Due::WarnOfIdleStop(Some(now + std::time::Duration::from_millis(left_ms))),
        (false, Some(_)) => Due::WarnOfIdleStop(None),
        (true, Some(_)) | (false, None) => Due::Nothing,
    }
}

impl Tick for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.look().await?)
    }
}

#[cfg(test)]
mod tests;
