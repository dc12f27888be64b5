mod crash;
mod folder;

use std::path::Path;

use super::*;
use crate::digest::Algorithm;

fn bytes(seed: u8, length: usize) -> (Digest, Vec<u8>) {
    let bytes: Vec<u8> = (0..length).map(|at| seed ^ u8::try_from(at * at % 251).unwrap()).collect();
    (Digest::of(Algorithm::Sha256, &bytes), bytes)
}

fn put(place: &dyn Place, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
    let mut partial = place.begin(digest, bytes.len() as u64)?;
    let written = usize::try_from(partial.written()).unwrap();
    partial.reserve()?;
    for chunk in bytes[written..].chunks(1000) {
        partial.append(chunk)?;
    }
    partial.seal()
}

fn read(place: &dyn Place, digest: &Digest) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let sealed = place.open(digest).unwrap()?;
    let mut bytes = vec![0; usize::try_from(sealed.size).unwrap()];
    sealed.file.read_exact_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

/// The bytes of all files below a folder.
fn taken(root: &Path) -> u64 {
    let entries = std::fs::read_dir(root).unwrap().map(Result::unwrap);
    let of = |entry: std::fs::DirEntry| match entry.metadata().unwrap() {
        meta if meta.is_dir() => taken(&entry.path()),
        meta => meta.len(),
    };
    entries.map(of).sum()
}
