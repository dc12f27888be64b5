//! Whether the bytes are the blob, and who is to blame when they are not.

use super::{Failed, Pouring, Run, blocking};
use crate::fills::counters::count;
use crate::fills::local;
use crate::source::Fault;

impl Run<'_> {
    /// An origin speaks of another length than those before it: one of them is wrong, and nothing says which.
    pub(super) async fn disagreed(&self, pouring: Pouring, index: usize, said: u64) -> Failed {
        let reason = format!("it has {said} bytes, others said {}", pouring.writer.size);
        let fault = Fault::Corrupt { source_name: self.fill.candidates.name(index), reason };
        if pouring.givers.is_empty() && !pouring.inherited {
            self.fill.candidates.strike(index, fault.clone());
        }
        self.wrong(pouring, fault).await
    }

    pub(super) async fn judge(&self, pouring: Pouring) -> Result<u64, Failed> {
        let size = pouring.writer.size;
        if !pouring.writer.fits() {
            let names: Vec<_> =
                pouring.givers.iter().map(|giver| self.fill.candidates.name(*giver)).collect();
            let reason = "its bytes do not fit the digest".to_owned();
            return Err(self.wrong(pouring, Fault::Corrupt { source_name: names.join(", "), reason }).await);
        }
        // Verified: readers may have the last byte while the disk makes it durable.
        let writer = pouring.writer;
        writer.publish_sealed();
        blocking(move || writer.partial.seal()).await?.map_err(|error| local(&error))?;
        Ok(size)
    }

    /// Puts wrong bytes aside and remembers who gave them. Bytes from before this process began may be wrong
    /// by a power cut; then nobody is to blame.
    async fn wrong(&self, pouring: Pouring, fault: Fault) -> Failed {
        let Pouring { writer, givers, inherited, .. } = pouring;
        count(&self.core.counters.wrong);
        let digest = self.fill.digest();
        tracing::warn!(blob.digest = %digest, %fault, fill.inherited = inherited, "a blob's content is wrong");
        match (inherited, givers.len()) {
            (true, _) => {}
            (false, 1) => givers.iter().for_each(|it| self.fill.candidates.leave_out(*it, fault.clone())),
            (false, _) => givers.iter().for_each(|it| self.fill.candidates.strike(*it, fault.clone())),
        }
        let aside = blocking(move || writer.partial.quarantine()).await;
        match aside {
            Ok(Err(error)) => Failed::Fault(local(&error)),
            Err(fault) => Failed::Fault(fault),
            Ok(Ok(())) => Failed::Wrong(fault),
        }
    }
}
