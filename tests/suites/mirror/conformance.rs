//! The distribution specification's conformance suite, pull and content discovery, through the mirror.

use registry_mirror::testing::hub::{FakeHub, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec};
use tests::mirror::{Catalogue, MirrorProcess, conformance};

use super::{HUB, KIB};

const REPOSITORY: &str = "conformance/repository";

#[tokio::test]
async fn the_conformance_suite_passes() {
    let hub = FakeHub::start(HubOptions { referrers: true, ..HubOptions::default() }).await.unwrap();
    let spec = ImageSpec::new(1, &[64 * KIB, 4 * KIB]).platforms(&["linux/amd64", "linux/arm64"]);
    let image = FakeImage::new(&spec);
    hub.add(REPOSITORY, "1", &image);
    hub.add(REPOSITORY, "latest", &image);
    for kind in ["application/vnd.example.signature", "application/vnd.example.bill"] {
        hub.add_referrer(REPOSITORY, &image.root.digest, kind);
    }
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    let content = Catalogue {
        repository: REPOSITORY.to_owned(),
        tags: vec!["1".to_owned(), "latest".to_owned()],
        manifests: image.manifests.iter().map(|manifest| manifest.digest.clone()).collect(),
        blobs: image.blobs.iter().map(|(digest, _)| digest.clone()).collect(),
        subjects: vec![image.root.digest.clone()],
    };
    for version in ["1.1", "dev"] {
        let said = conformance(&mirror.address().to_string(), version, &content).await.unwrap();
        assert!(said.contains("OCI Conformance Result: Pass"), "{version}: {said}");
        let failed =
            said.lines().filter(|line| line.ends_with(": FAIL") || line.ends_with(": Error")).count();
        assert_eq!(failed, 0, "{version}: {said}");
    }
}
