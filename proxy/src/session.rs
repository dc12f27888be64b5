//! Upgraded connections: each a task that moves bytes until one side ends or it must end.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Clock;
use hyper::upgrade::{OnUpgrade, Parts};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use runtime::Stop;
use runtime::http::Slot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::activity::{Live, Pulse};
use crate::agent::Tunnel;
use crate::gate::{Gate, Wire};
use crate::lease::{Ended, Ending};
use crate::metrics::Metrics;
use crate::shared::Shared;
use crate::splice::{Frames, Side, Splice};

/// A connection that must end gets this long to end politely.
const CUT_WITHIN: Duration = Duration::from_millis(240);
/// A machine that stops closes its sockets, perhaps before we hear why; so long we wait for the word.
const WORD_WITHIN: Duration = Duration::from_millis(200);
/// The closing code when a machine's side just went away, and we don't know why.
const GOING_AWAY: (u16, &str) = (1001, "the app closed the connection");

/// One upgraded connection.
pub(crate) struct Session {
    pub(crate) client: OnUpgrade,
    pub(crate) machine: Tunnel,
    /// Only of a WebSocket.
    pub(crate) frames: Option<Frames>,
    pub(crate) ended: Ended,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) live: Live,
    pub(crate) slot: Slot,
}

/// Every upgraded connection of a proxy.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<JoinSet<()>>);

impl Sessions {
    pub(crate) fn begin(&self, session: Session, shared: &Shared) {
        let mut tasks = self.0.lock();
        while tasks.try_join_next().is_some() {}
        let around = Around {
            clock: shared.clock.clone(),
            metrics: shared.metrics.clone(),
            stop: shared.stop.clone(),
        };
        tasks.spawn(session.run(around));
    }

    /// Waits until all have ended; they see the soft stop themselves.
    pub(crate) async fn drain(&self, stop: &Stop) {
        let mut tasks = std::mem::take(&mut *self.0.lock());
        let all_ended = async { while tasks.join_next().await.is_some() {} };
        let _hard = stop.unless_hard(all_ended).await;
    }
}

/// What a session needs of the proxy.
struct Around {
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    stop: Stop,
}

impl Session {
    async fn run(self, around: Around) {
        let Self { client, machine, frames, mut ended, pulse, live, slot } = self;
        around.metrics.session_begins();
        if let Some((visitor, ahead)) = visitor(client, &mut ended).await {
            let splice = Splice::new(visitor, machine, ahead, frames);
            carry(splice, ended, &pulse, &around).await;
        }
        around.metrics.session_ends();
        drop((live, slot));
    }
}

/// The visitor's side, once our 101 has gone out; `None` when the visitor or the right to be here went before.
async fn visitor(client: OnUpgrade, ended: &mut Ended) -> Option<(Gate<Wire>, bytes::Bytes)> {
    let upgraded = tokio::select! {
        upgraded = client => upgraded.ok()?,
        _ = ended => return None,
    };
    let Parts { io, read_buf, .. } = upgraded.downcast::<TokioIo<Gate<Wire>>>().ok()?;
    Some((io.into_inner(), read_buf))
}

async fn carry(mut splice: Splice<Gate<Wire>, Tunnel>, mut ended: Ended, pulse: &Pulse, around: &Around) {
    let mut alive = || pulse.beat(around.clock.now());
    let ending = tokio::select! {
        side = splice.run(&mut alive) => match side {
            Ok(Side::Visitor) => return,
            Ok(Side::Machine) | Err(_) => timeout(WORD_WITHIN, &mut ended).await.ok(),
        },
        ending = &mut ended => Some(ending),
        () = around.stop.soft() => Some(Ending::Restarting),
        () = around.stop.hard() => return,
    };
    let began = Instant::now();
    let (code, reason) = ending.map_or(GOING_AWAY, |ending| (ending.code(), ending.reason()));
    // Whoever can't be told within the time is cut by dropping both sides.
    let _told_or_not = timeout(CUT_WITHIN, splice.close(code, reason)).await;
    if let Some(ending) = ending {
        around.metrics.ended(ending, began.elapsed());
    }
}
