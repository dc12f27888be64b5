use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::*;
use crate::digest::Algorithm;
use crate::place::Folder;

fn put(place: &dyn Place, bytes: &[u8]) -> Digest {
    let digest = Digest::of(Algorithm::Sha256, bytes);
    let mut partial = place.begin(&digest, bytes.len() as u64).unwrap();
    partial.reserve().unwrap();
    partial.append(bytes).unwrap();
    partial.seal().unwrap();
    digest
}

fn flip_a_bit(root: &Path, digest: &Digest) {
    let path = root.join("blobs/sha256").join(&digest.hex()[..2]).join(digest.hex());
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::End(-1)).unwrap();
    file.write_all(b"?").unwrap();
    file.sync_all().unwrap();
}

fn folder() -> (tempfile::TempDir, Arc<dyn Place>) {
    let root = tempfile::tempdir().unwrap();
    let (folder, _) = Folder::open(root.path()).unwrap();
    (root, Arc::new(folder))
}

#[tokio::test]
async fn verify_finds_the_flipped_bit_and_nothing_else() {
    let (root, place) = folder();
    let good = put(&*place, &[1; 300_000]);
    let bad = put(&*place, &[2; 5000]);
    let empty = put(&*place, b"");
    flip_a_bit(root.path(), &bad);
    let mut seen = Vec::new();
    let report = verify(&place, |verified| seen.push(verified)).await.unwrap();
    assert_eq!(report.wrong, std::slice::from_ref(&bad));
    let all = Verified { blobs: 3, blobs_total: 3, bytes: 305_000, bytes_total: 305_000 };
    assert_eq!((report.verified, *seen.last().unwrap()), (all, all));
    assert_eq!((place.size(&good), place.size(&bad), place.size(&empty)), (Some(300_000), None, Some(0)));
    assert_eq!(place.usage().quarantine_bytes, 5000);
}

#[tokio::test]
async fn the_walk_goes_round_in_pieces_and_begins_again() {
    let (root, place) = folder();
    let large = put(&*place, &vec![3; usize::try_from(TICK_BYTES).unwrap() * 2 + 1]);
    let small = put(&*place, &[4; 100]);
    let scrub = Scrub::new(Arc::clone(&place), TICK_BYTES);
    let mut pieces = 0;
    while scrub.tick().await.unwrap() != Next::Idle {
        pieces += 1;
    }
    assert_eq!((pieces, place.list().len()), (4, 2));
    flip_a_bit(root.path(), &large);
    flip_a_bit(root.path(), &small);
    while scrub.tick().await.unwrap() != Next::Idle {}
    assert_eq!(place.list(), []);
}

#[tokio::test]
async fn the_rate_is_kept_by_pauses() {
    let (_root, place) = folder();
    put(&*place, &vec![5; usize::try_from(TICK_BYTES).unwrap()]);
    let scrub = Scrub::new(Arc::clone(&place), TICK_BYTES / 2);
    assert_eq!(scrub.tick().await.unwrap(), Next::After(Duration::from_secs(2)));
}

#[tokio::test]
async fn a_blob_that_went_meanwhile_or_changed_its_length_is_no_error() {
    let (root, place) = folder();
    let (gone, short) = (put(&*place, &[6; 100]), put(&*place, &[7; 100]));
    let path = |digest: &Digest| root.path().join("blobs/sha256").join(&digest.hex()[..2]).join(digest.hex());
    std::fs::remove_file(path(&gone)).unwrap();
    std::fs::File::options().write(true).open(path(&short)).unwrap().set_len(50).unwrap();
    verify(&place, |_| {}).await.unwrap();
    assert_eq!(place.list(), []);
}
