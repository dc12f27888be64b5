//! What an earlier process left in a folder.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use super::disk::Disk;
use super::layout::{Layout, parse_name};
use super::ledger::{Ledger, Part, Wrong};
use crate::digest::{Algorithm, Digest};

/// What was found when a folder was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Sealed blobs.
    pub sealed: usize,
    /// Parts that a fill can continue.
    pub continued: usize,
    /// Files of ours that were of no more use; they are gone.
    pub dropped: usize,
    /// Files that are not ours by their names; they are left alone and take space that nobody counts.
    pub foreign: usize,
}

pub(super) fn recover(layout: &Layout, disk: &dyn Disk, ledger: &mut Ledger) -> io::Result<Recovery> {
    let mut recovery = Recovery::default();
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        for shelf in read(&layout.algorithm(algorithm))? {
            if shelf.file_type()?.is_dir() {
                read_shelf(&shelf.path(), algorithm, ledger, &mut recovery)?;
            } else {
                recovery.foreign += 1;
            }
        }
    }
    read_parts(layout, disk, ledger, &mut recovery)?;
    read_quarantine(layout, ledger, &mut recovery)?;
    for file in read(&layout.trash)? {
        disk.remove(&file.path())?;
        recovery.dropped += 1;
    }
    Ok(recovery)
}

fn read(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder)?.collect()
}

/// A blob has its name only once it is sealed, so its name and length are all there is to know.
fn read_shelf(
    shelf: &Path,
    algorithm: Algorithm,
    ledger: &mut Ledger,
    recovery: &mut Recovery,
) -> io::Result<()> {
    for file in read(shelf)? {
        let name = file.file_name();
        let digest =
            name.to_str().and_then(|hex| format!("{}:{hex}", algorithm.as_str()).parse::<Digest>().ok());
        match digest.filter(|digest| shelf.file_name().is_some_and(|shelf| shelf == &digest.hex()[..2])) {
            Some(digest) => {
                ledger.add_sealed(digest, file.metadata()?.len());
                recovery.sealed += 1;
            }
            None => recovery.foreign += 1,
        }
    }
    Ok(())
}

fn read_parts(
    layout: &Layout,
    disk: &dyn Disk,
    ledger: &mut Ledger,
    recovery: &mut Recovery,
) -> io::Result<()> {
    for file in read(&layout.partial)? {
        let name = file.file_name();
        let Some((digest, size)) = name.to_str().and_then(parse_name) else {
            recovery.foreign += 1;
            continue;
        };
        let written = file.metadata()?.len();
        let useful = written > 0
            && written <= size
            && !ledger.sealed.contains_key(&digest)
            && !ledger.parts.contains_key(&digest);
        if useful {
            let left = ledger.next_number();
            ledger.parts.insert(digest, Part { size, reserved: true, running: false, left });
            recovery.continued += 1;
        } else {
            disk.remove(&file.path())?;
            recovery.dropped += 1;
        }
    }
    Ok(())
}

fn read_quarantine(layout: &Layout, ledger: &mut Ledger, recovery: &mut Recovery) -> io::Result<()> {
    let mut wrong = Vec::new();
    for file in read(&layout.quarantine)? {
        match file.file_name().to_str().and_then(parse_name) {
            Some((_, number)) => {
                wrong.push((number, Wrong { path: file.path(), size: file.metadata()?.len() }))
            }
            None => recovery.foreign += 1,
        }
    }
    wrong.sort_by_key(|(number, _)| *number);
    ledger.skip_number(wrong.last().map_or(0, |(number, _)| *number));
    ledger.wrong = wrong.into_iter().map(|(_, wrong)| wrong).collect();
    Ok(())
}
