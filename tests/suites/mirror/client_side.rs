//! What clients may send, by mistake or on purpose: each is answered with its code, reaches no upstream, and leaves the
//! mirror as it was.

mod raw;
mod tricks;

use registry_mirror::digest::Algorithm;
use registry_mirror::manifest::{OCI_INDEX, OCI_MANIFEST};
use registry_mirror::source::{MANIFEST_MAX_BYTES, Manifest};
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec};
use registry_mirror::{Digest, api::ImageReport};
use tests::mirror::MirrorProcess;

use super::{HUB, KIB};
use raw::{exchange, get};
use tricks::{HEX, tricks};

const REPOSITORY: &str = "library/image";
/// More than the mirror follows.
const TOO_DEEP: usize = 40;
const DEEP: usize = 3;

async fn world() -> (FakeHub, FakeImage, MirrorProcess) {
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let image = FakeImage::new(&ImageSpec::new(1, &[64 * KIB, 4 * KIB]));
    hub.add(REPOSITORY, "1", &image);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    (hub, image, mirror)
}

#[tokio::test]
async fn tricks_with_paths_names_and_digests_are_refused_and_ask_no_upstream() {
    let (hub, image, mirror) = world().await;
    let mut bad = Vec::new();
    for (target, status, code) in tricks() {
        let answer = get(mirror.address(), &target).await;
        if (answer.status, &*answer.code()) != (status, code) {
            let target = String::from_utf8_lossy(&target[..target.len().min(100)]).into_owned();
            bad.push(format!("{target}: {} {} for {status} {code}", answer.status, answer.code()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(hub.requests(), Vec::<String>::new(), "an upstream was asked");
    let target = format!("/v2/{REPOSITORY}/manifests/1");
    assert_eq!(get(mirror.address(), target.as_bytes()).await.body, image.root.bytes);
}

#[tokio::test]
async fn a_digest_that_nobody_has_is_absent_and_a_foreign_one_is_too() {
    let (hub, _, mirror) = world().await;
    let secret = hub.add_blob("library/other", "another repository's");
    for (kind, code) in [("blobs", "BLOB_UNKNOWN"), ("manifests", "MANIFEST_UNKNOWN")] {
        for digest in [format!("sha256:{HEX}"), secret.to_string()] {
            let target = format!("/v2/{REPOSITORY}/{kind}/{digest}");
            let answer = get(mirror.address(), target.as_bytes()).await;
            assert_eq!((answer.status, &*answer.code()), (404, code), "{target}");
        }
    }
}

/// Pushing is refused with an answer that the client can read, though it has not sent everything.
#[tokio::test]
async fn a_giant_manifest_is_refused_from_either_side() {
    let (hub, _, mirror) = world().await;
    let body = vec![b' '; 5 * KIB * KIB];
    let head = format!(
        "PUT /v2/{REPOSITORY}/manifests/1 HTTP/1.1\r\nHost: mirror\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = exchange(mirror.address(), head.as_bytes(), &body).await;
    assert_eq!((answer.status, &*answer.code()), (405, "UNSUPPORTED"));
    assert!(hub.requests().is_empty(), "an upstream was asked");

    let most = usize::try_from(MANIFEST_MAX_BYTES).unwrap();
    for (tag, bytes, status) in [("largest", most, 200), ("giant", most + 1, 502)] {
        let manifest = padded(bytes);
        hub.add(REPOSITORY, tag, &of(&manifest));
        for reference in [tag, &manifest.digest.to_string()] {
            let answer =
                get(mirror.address(), format!("/v2/{REPOSITORY}/manifests/{reference}").as_bytes()).await;
            assert_eq!(answer.status, status, "{tag} {}", answer.code());
            assert_eq!(answer.body == manifest.bytes, status == 200, "{tag}");
        }
    }
}

/// Indexes within indexes are served however deep; those that are deeper than the mirror follows are never said to be
/// complete. An index that holds itself cannot have the digest that it names.
#[tokio::test]
async fn indexes_without_end_are_served_and_never_believed_complete() {
    let (hub, image, mirror) = world().await;
    let (deep, too_deep) = (image.clone().nested(DEEP), image.nested(TOO_DEEP));
    for (tag, image) in [("deep", &deep), ("too-deep", &too_deep)] {
        hub.add(REPOSITORY, tag, image);
        let references = image.manifests.iter().map(|manifest| manifest.digest.to_string());
        for reference in [tag.to_owned()].into_iter().chain(references) {
            let target = format!("/v2/{REPOSITORY}/manifests/{reference}");
            assert_eq!(get(mirror.address(), target.as_bytes()).await.status, 200, "{target}");
        }
        for (digest, bytes) in &image.blobs {
            let target = format!("/v2/{REPOSITORY}/blobs/{digest}");
            assert!(get(mirror.address(), target.as_bytes()).await.body == *bytes, "{digest}");
        }
    }
    let images = mirror.status().await.unwrap().images;
    let is_whole = |image: &&ImageReport| {
        !image.platforms.is_empty() && image.platforms.iter().all(|platform| platform.complete)
    };
    let whole: Vec<_> = images.iter().filter(is_whole).map(|image| &*image.image).collect();
    let name = |tag: &str| format!("{HUB}/{REPOSITORY}:{tag}");
    assert!(whole.contains(&&*name("deep")) && !whole.contains(&&*name("too-deep")), "{images:?}");

    hub.add(REPOSITORY, "circle", &of(&circle()));
    for reference in ["circle", &circle().digest.to_string()] {
        let answer =
            get(mirror.address(), format!("/v2/{REPOSITORY}/manifests/{reference}").as_bytes()).await;
        assert_eq!((answer.status, &*answer.code()), (502, "UNAVAILABLE"), "{reference}");
    }
    assert_eq!(mirror.status().await.unwrap().images.len(), images.len(), "nothing wrong is kept");
}

fn of(manifest: &Manifest) -> FakeImage {
    FakeImage { root: manifest.clone(), manifests: vec![manifest.clone()], blobs: Vec::new() }
}

/// A manifest of exactly so many bytes.
fn padded(bytes: usize) -> Manifest {
    let text = |pad: &str| format!(r#"{{"schemaVersion":2,"annotations":{{"pad":"{pad}"}}}}"#);
    let body = text(&"x".repeat(bytes - text("").len()));
    let digest = Digest::of(Algorithm::Sha256, body.as_bytes());
    Manifest { media_type: OCI_MANIFEST.to_owned(), digest, bytes: body.into() }
}

/// An index that says it holds itself.
fn circle() -> Manifest {
    let digest = Digest::of(Algorithm::Sha256, b"circle");
    let entry = format!(r#"{{"mediaType":"{OCI_INDEX}","digest":"{digest}","size":1}}"#);
    let body = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{entry}]}}"#);
    Manifest { media_type: OCI_INDEX.to_owned(), digest, bytes: body.into() }
}
