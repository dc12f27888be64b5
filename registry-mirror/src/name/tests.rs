use super::*;

fn image(text: &str) -> Result<String, Error> {
    text.parse::<Image>().map(|image| image.to_string())
}

#[test]
fn people_write_images_in_many_ways() {
    let digest = Digest::of(crate::digest::Algorithm::Sha256, b"x");
    for (written, full) in [
        ("debian", "docker.io/library/debian:latest".to_owned()),
        ("index.docker.io/library/debian:12", "docker.io/library/debian:12".to_owned()),
        ("someone/app:1", "docker.io/someone/app:1".to_owned()),
        ("localhost/app", "localhost/app:latest".to_owned()),
        ("ghcr.io/a/b.c_d__e--f:V1", "ghcr.io/a/b.c_d__e--f:V1".to_owned()),
        (&format!("registry.example:5000/a:1@{digest}"), format!("registry.example:5000/a@{digest}")),
    ] {
        assert_eq!(image(written), Ok(full), "{written}");
    }
}

#[test]
fn tricks_with_paths_are_no_names() {
    for bad in [
        "", "/", "a//b", "a/../b", "../a", "A", "a/B", "a.", "a..b", "a___b", "-a", "a/", "%2e", "a b",
        "a\0b", "a/.b", "a?b", "é",
    ] {
        assert_eq!(bad.parse::<Repository>(), Err(Error::Repository), "{bad:?}");
    }
    for bad in ["", ".", "..", "-a", "a/b", "a b", &"a".repeat(129), "sha256:short"] {
        assert_eq!(bad.parse::<Reference>(), Err(Error::Reference), "{bad:?}");
    }
    for bad in ["", "a b", "a:b", "a:99999", "a/b", "user@host", "-a.example", "a..b", "[::1]:5000"] {
        assert_eq!(bad.parse::<Registry>(), Err(Error::Registry), "{bad:?}");
    }
}
