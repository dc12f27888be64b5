//! All blobs, now.

use std::sync::Arc;

use super::check::{Check, Step};
use crate::digest::Digest;
use crate::place::{Error, Place};

/// How much is read between two reports, in bytes.
const REPORT_BYTES: u64 = 64 * 1024 * 1024;

/// How far a verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blobs that were read to their end.
    pub blobs: usize,
    /// Of so many.
    pub blobs_total: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Of so many.
    pub bytes_total: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was read.
    pub verified: Verified,
    /// Blobs that were wrong. They are out of service; the next pull fills them anew.
    pub wrong: Vec<Digest>,
}

/// Reads every sealed blob at full speed and tells `progress` how far it is.
///
/// # Errors
/// The disk's, when a wrong blob cannot be put aside.
pub async fn verify(place: &Arc<dyn Place>, mut progress: impl FnMut(Verified)) -> Result<Report, Error> {
    let entries = place.list();
    let bytes_total = entries.iter().map(|entry| entry.size).sum();
    let verified = Verified { blobs_total: entries.len(), bytes_total, ..Verified::default() };
    let mut report = Report { verified, wrong: Vec::new() };
    for entry in entries {
        let mut next = Some(Check::new(&entry.digest));
        while let Some(check) = next.take() {
            let step = check.step(place, REPORT_BYTES).await?;
            report.verified.bytes += step.bytes();
            match step {
                Step::More(check, _) => next = Some(*check),
                Step::Bad(_) => report.wrong.push(entry.digest.clone()),
                Step::Good(_) | Step::Gone => {}
            }
            progress(report.verified);
        }
        report.verified.blobs += 1;
        progress(report.verified);
    }
    Ok(report)
}
