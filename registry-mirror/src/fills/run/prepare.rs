//! A file, space for it, and a turn.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{Failed, Pouring, Run, blocking};
use crate::bounds::{Full, TURN_WITHIN};
use crate::fills::local;
use crate::fills::writer::Writer;
use crate::place::{self, Partial};
use crate::source::Fault;

/// How often a part is asked for again that a fill just left and whose last write is still running.
const BEGIN_AGAIN: Duration = Duration::from_millis(20);

/// How often space is asked for again on a disk that is full against its own account.
const RESERVE_AGAIN: Duration = Duration::from_millis(500);

impl Run<'_> {
    pub(super) async fn begin(&self, size: u64) -> Result<Box<dyn Partial>, Fault> {
        loop {
            let (place, digest) = (Arc::clone(&self.core.place), self.fill.digest().clone());
            match blocking(move || place.begin(&digest, size)).await? {
                Err(place::Error::Filling) if !self.patience().is_zero() => sleep(BEGIN_AGAIN).await,
                result => return result.map_err(|error| local(&error)),
            }
        }
    }

    /// Room, a turn, and the hash of what is there.
    pub(super) async fn prepare(&mut self, mut writer: Writer) -> Result<Pouring, Failed> {
        let inherited = writer.written() > 0;
        if !inherited {
            writer = self.reserve(writer).await?;
        }
        let within = TURN_WITHIN.min(self.patience());
        let share = self.core.bounds.flight.enter(writer.size - writer.written(), within).await;
        if inherited {
            writer = blocking(move || writer.rehash().map(|()| writer)).await?.map_err(|error| {
                let reason = format!("cannot read what an earlier fill wrote: {error}");
                Failed::Fault(Fault::Local { reason })
            })?;
        }
        self.moved = Instant::now();
        Ok(Pouring { writer, share, givers: BTreeSet::new(), inherited })
    }

    /// Whether what had no room lately has some now, before the upstream is asked for it again.
    pub(super) async fn recheck_room(&self) -> Result<(), Fault> {
        match self.core.memory.refused(self.fill.digest()) {
            Some(size) => self.check_room(size).await,
            None => Ok(()),
        }
    }

    /// What cannot have room is refused before anybody has headers, so that nodes go to their next host at once.
    pub(super) async fn check_room(&self, size: u64) -> Result<(), Fault> {
        // A part has its space already.
        if self.core.place.unfinished(self.fill.digest()) == Some(size) {
            return Ok(());
        }
        self.core.bounds.room.check(size).await.map_err(|full| self.refuse(size, full))
    }

    fn refuse(&self, size: u64, full: Full) -> Fault {
        let digest = self.fill.digest();
        if self.core.memory.refuse(digest, size) {
            tracing::warn!(blob.digest = %digest, %full, "nodes are sent to the upstream for a blob");
        }
        Fault::NoRoom { reason: full.to_string(), for_good: full.is_for_good() }
    }

    /// Space for the whole blob, as soon as there is some.
    async fn reserve(&self, mut writer: Writer) -> Result<Writer, Fault> {
        loop {
            let (room, size) = (&self.core.bounds.room, writer.size);
            let waited = timeout(self.patience(), room.wait(size)).await;
            let granted = waited.unwrap_or_else(|_| Err(room.waited_in_vain(size)));
            let granted = granted.map_err(|full| self.refuse(size, full))?;
            let (result, same) = blocking(move || (writer.partial.reserve(), writer)).await?;
            drop(granted);
            match result {
                Ok(()) => return Ok(same),
                // The disk knows better than its own account; somebody's blob has to go.
                Err(error) if error.is_full() && !self.patience().is_zero() => {
                    room.free(same.size).await;
                    sleep(RESERVE_AGAIN).await;
                }
                Err(error) => return Err(local(&error)),
            }
            writer = same;
        }
    }
}
