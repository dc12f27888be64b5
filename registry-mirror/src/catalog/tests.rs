use std::collections::BTreeSet;

use super::*;
use crate::digest::Algorithm;
use crate::name::Image;

fn name(text: &str) -> ImageName {
    text.parse::<Image>().unwrap().name
}

fn manifest(text: &'static str) -> Manifest {
    let digest = Digest::of(Algorithm::Sha256, text.as_bytes());
    Manifest { media_type: crate::manifest::OCI_MANIFEST.into(), digest, bytes: text.into() }
}

fn known(manifest: &Manifest) -> KnownTag {
    let (digest, media_type) = (manifest.digest.clone(), manifest.media_type.clone());
    KnownTag { digest, media_type, size: manifest.bytes.len() as u64, checked_ms: 5 }
}

fn link(text: &str) -> Link {
    Link { digest: Digest::of(Algorithm::Sha256, text.as_bytes()), size: 7 }
}

#[test]
fn what_is_kept_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.redb");
    let (image, tag) = (name("debian"), "12".parse().unwrap());
    let (shown, layer) = (manifest("{}"), link("layer"));
    let known = known(&shown);
    {
        let catalog = Catalog::open(&path).unwrap();
        catalog.keep(&image, &shown, std::slice::from_ref(&layer)).unwrap();
        catalog.keep_tag(&image, &tag, &known).unwrap();
        catalog.pin(&Pin { image: "debian:12".parse().unwrap(), until_ms: 9 }).unwrap();
        assert!(matches!(Catalog::open(&path), Err(Error::InUse(_))));
    }
    let catalog = Catalog::open(&path).unwrap();
    assert_eq!(catalog.manifest(&shown.digest).unwrap(), Some(shown));
    assert_eq!(catalog.tag(&image, &tag).unwrap(), Some(known));
    assert_eq!(catalog.size(&layer.digest).unwrap(), Some(7));
    assert_eq!(catalog.pins().unwrap()[0].until_ms, 9);
    assert!(catalog.unpin(&"debian:12".parse().unwrap()).unwrap());
    assert!(catalog.pins().unwrap().is_empty());
}

#[test]
fn a_digest_belongs_to_the_repositories_that_showed_it() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(&folder.path().join("catalog.redb")).unwrap();
    let (one, two, layer) = (name("one/a"), name("ghcr.io/two/b"), link("layer"));
    catalog.keep(&one, &manifest("{}"), std::slice::from_ref(&layer)).unwrap();
    assert!(catalog.is_member(&one, &layer.digest).unwrap());
    assert!(!catalog.is_member(&two, &layer.digest).unwrap());
    catalog.keep(&two, &manifest("{ }"), std::slice::from_ref(&layer)).unwrap();
    assert_eq!(catalog.repositories(&layer.digest).unwrap(), [one, two]);
}

#[test]
fn forgetting_an_image_takes_its_tags_and_leaves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(&folder.path().join("catalog.redb")).unwrap();
    let (image, old, new) = (name("debian"), manifest("{}"), manifest("{ }"));
    for (manifest, tag) in [(&old, "11"), (&new, "12")] {
        catalog.keep(&image, manifest, &[link(tag)]).unwrap();
        catalog.keep_tag(&image, &tag.parse().unwrap(), &known(manifest)).unwrap();
    }
    catalog.note_use(&new.digest, 3);
    catalog.forget(&BTreeSet::from([old.digest.clone()]), &BTreeSet::from([link("11").digest])).unwrap();
    let images = catalog.images().unwrap();
    let tags = vec![(image.clone(), "12".parse().unwrap())];
    assert_eq!(images, [Use { digest: new.digest, names: vec![image.clone()], tags, used_ms: 3 }]);
    assert!(!catalog.is_member(&image, &link("11").digest).unwrap());
    assert_eq!(catalog.tag(&image, &"11".parse().unwrap()).unwrap(), None);
}

#[test]
fn a_broken_file_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.redb");
    std::fs::write(&path, vec![7; 8192]).unwrap();
    let catalog = Catalog::open(&path).unwrap();
    assert!(catalog.images().unwrap().is_empty());
    assert!(folder.path().join("catalog.broken").exists());
}

#[test]
fn uses_are_known_at_once_and_stay_in_order_when_the_clock_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.redb");
    let [first, second, third] = ["{}", "{ }", "{  }"].map(manifest);
    let in_order = |catalog: &Catalog| {
        let mut images = catalog.images().unwrap();
        images.sort_by_key(|image| image.used_ms);
        images.into_iter().map(|image| image.digest).collect::<Vec<_>>()
    };
    {
        let catalog = Catalog::open(&path).unwrap();
        for manifest in [&first, &second, &third] {
            catalog.keep(&name("debian"), manifest, &[]).unwrap();
        }
        for (used, now_ms) in [(&first, 1_000), (&third, 20), (&second, 10)] {
            catalog.note_use(&used.digest, now_ms);
        }
        assert_eq!(in_order(&catalog), [&first, &third, &second].map(|used| used.digest.clone()));
        catalog.flush_uses().unwrap();
        catalog.flush_uses().unwrap();
    }
    let catalog = Catalog::open(&path).unwrap();
    catalog.note_use(&first.digest, 30);
    assert_eq!(in_order(&catalog), [&third, &second, &first].map(|used| used.digest.clone()));
}

#[test]
fn what_it_takes_is_counted_the_same_after_a_restart_and_is_nothing_when_all_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.redb");
    let (image, shown, layer) = (name("debian"), manifest("{}"), link("layer"));
    let taken_bytes = {
        let catalog = Catalog::open(&path).unwrap();
        assert_eq!(catalog.taken_bytes(), 0);
        catalog.keep(&image, &shown, std::slice::from_ref(&layer)).unwrap();
        catalog.keep_tag(&image, &"12".parse().unwrap(), &known(&shown)).unwrap();
        let once = catalog.taken_bytes();
        catalog.keep(&image, &shown, std::slice::from_ref(&layer)).unwrap();
        catalog.keep_tag(&image, &"12".parse().unwrap(), &known(&shown)).unwrap();
        assert_eq!(catalog.taken_bytes(), once, "the same again takes nothing");
        catalog.keep_tag(&image, &"described".parse().unwrap(), &known(&manifest("{ }"))).unwrap();
        catalog.taken_bytes()
    };
    let catalog = Catalog::open(&path).unwrap();
    assert_eq!(catalog.taken_bytes(), taken_bytes);
    catalog.forget(&BTreeSet::new(), &BTreeSet::new()).unwrap();
    assert_eq!(
        catalog.tag(&image, &"described".parse().unwrap()).unwrap(),
        None,
        "it meant nothing that is here"
    );
    assert!(
        catalog.taken_bytes() < taken_bytes && catalog.tag(&image, &"12".parse().unwrap()).unwrap().is_some()
    );
    catalog.forget(&BTreeSet::from([shown.digest]), &BTreeSet::from([layer.digest])).unwrap();
    assert_eq!(catalog.taken_bytes(), 0);
}
