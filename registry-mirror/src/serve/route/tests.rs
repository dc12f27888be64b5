use super::*;

fn hub() -> Registry {
    "docker.io".parse().unwrap()
}

fn digest() -> Digest {
    Digest::of(crate::digest::Algorithm::Sha256, b"x")
}

fn image_of(target: &str) -> Result<String, (Status, Code)> {
    let read = read(target, &hub());
    match read.route {
        Ok(
            Route::Manifest(image, _)
            | Route::Blob(image, _)
            | Route::Tags(image, _)
            | Route::Referrers(image, _, _),
        ) => Ok(image.to_string()),
        Ok(Route::Ping) => Ok(String::new()),
        Err(problem) => Err((problem.status, problem.code)),
    }
}

#[test]
fn the_registry_is_in_the_query_or_the_path_or_the_default() {
    for (target, image) in [
        ("/v2/library/debian/manifests/12", "docker.io/library/debian"),
        ("/v2/debian/manifests/12", "docker.io/library/debian"),
        ("/v2/debian/manifests/12?ns=docker.io", "docker.io/library/debian"),
        ("/v2/a/b/manifests/12?ns=registry-1.docker.io", "docker.io/a/b"),
        ("/v2/a/b/manifests/12?ns=ghcr.io", "ghcr.io/a/b"),
        ("/v2/a/manifests/12?ns=registry.example%3A5000", "registry.example:5000/a"),
        ("/v2/ghcr.io/a/b/tags/list?n=3", "ghcr.io/a/b"),
        ("/v2/registry.example:5000/a/tags/list", "registry.example:5000/a"),
        ("/v2/localhost/a/tags/list", "localhost/a"),
        ("/v2/registry.example_5000/a/tags/list", "registry.example:5000/a"),
        ("/v2/localhost_80/a/tags/list?ns=localhost:80", "localhost:80/a"),
        ("/v2/someone_5000/a/tags/list", "docker.io/someone_5000/a"),
        ("/v2/a.b_x/c/tags/list?ns=quay.io", "quay.io/a.b_x/c"),
        ("/v2/ghcr.io/a/b/tags/list?ns=ghcr.io", "ghcr.io/a/b"),
        ("/v2/docker.io/debian/manifests/12?ns=registry-1.docker.io", "docker.io/library/debian"),
        ("/v2/a.b/c/tags/list?ns=quay.io", "quay.io/a.b/c"),
        ("/v2/a/blobs/manifests/tags/list", "docker.io/a/blobs/manifests"),
        ("/v2/", ""),
        ("/v2", ""),
        ("/v2/?ns=docker.io", ""),
    ] {
        assert_eq!(image_of(target), Ok(image.to_owned()), "{target}");
    }
}

#[test]
fn tricks_with_paths_are_refused() {
    for target in [
        "/v2/../etc/manifests/1",
        "/v2/a/../../manifests/1",
        "/v2/a/%2e%2e/manifests/1",
        "/v2/a%2fb/manifests/1",
        "/v2/a/./manifests/1",
        "/v2//a/manifests/1",
        "/v2/a//manifests/1",
        "/v2/A/manifests/1",
        "/v2/a\\b/manifests/1",
        "/v2/a/manifests/1;x",
        "/v2/docker.io/../a/manifests/1",
        "/v2/a/manifests/1?ns=docker.io&ns=ghcr.io",
        &format!("/v2/{}/manifests/1", "a/".repeat(600)),
    ] {
        assert_eq!(image_of(target), Err((Status::BadRequest, Code::NameInvalid)), "{target}");
    }
    for target in ["/v2/a/blobs/sha256:../../x", "/v2/a/referrers/x", "/v2/a/manifests/sha256:1"] {
        let (status, code) = image_of(target).unwrap_err();
        assert_eq!(status, Status::BadRequest, "{target}");
        assert!(matches!(code, Code::DigestInvalid | Code::NameInvalid), "{target}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for target in ["/", "", "/v1/", "*", "/v2/a", "/v2/_catalog", "/v2/a/blobs/uploads/1", "/v2/a/manifests"]
    {
        let (status, _) = image_of(target).unwrap_err();
        assert!(matches!(status, Status::NotFound | Status::BadRequest), "{target}");
    }
    for ns in ["a b", "http://x", "[::1]", "..", "user@host"] {
        let target = format!("/v2/a/manifests/1?ns={ns}");
        assert_eq!(image_of(&target), Err((Status::NotFound, Code::NameUnknown)), "{target}");
    }
}

#[test]
fn a_text_that_can_be_no_tag_names_nothing() {
    let target = read("/v2/a/manifests/.INVALID_MANIFEST_NAME", &hub());
    assert_eq!(
        target.route,
        Ok(Route::Manifest("docker.io/a".parse::<crate::name::Image>().unwrap().name, None))
    );
}

#[test]
fn parameters_are_decoded() {
    let target = format!("/v2/a/referrers/{}?artifactType=application%2Fx%2By&ns=ghcr.io", digest());
    let read = read(&target, &hub());
    assert_eq!(read.namespace.as_deref(), Some("ghcr.io"));
    let Ok(Route::Referrers(_, _, wanted)) = read.route else { panic!("not referrers") };
    assert_eq!(wanted.as_deref(), Some("application/x+y"));
}

#[test]
fn pages_have_a_number_and_a_beginning() {
    let page = |query: &str| match read(&format!("/v2/a/tags/list?{query}"), &hub()).route {
        Ok(Route::Tags(_, tags)) => Ok((tags.page.limit, tags.page.last.map(|tag| tag.to_string()))),
        Ok(_) => panic!("not tags"),
        Err(problem) => Err(problem.code),
    };
    assert_eq!(page("n=2&last=v1"), Ok((Some(2), Some("v1".to_owned()))));
    assert_eq!(page("n=0"), Ok((Some(0), None)));
    assert_eq!(page("last=../x"), Ok((None, None)));
    for bad in ["n=-1", "n=x", "n=99999999999"] {
        assert_eq!(page(bad), Err(Code::PaginationNumberInvalid), "{bad}");
    }
}
