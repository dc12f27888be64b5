//! What is refused before anybody is asked.

use super::super::KIB;

/// A digest that no content of these tests has.
pub(super) const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Targets, with the status and the code of their answers.
pub(super) fn tricks() -> Vec<(Vec<u8>, u16, &'static str)> {
    let name = |target: &str| (target.as_bytes().to_vec(), 400, "NAME_INVALID");
    let digest = |digest: &str| (format!("/v2/a/blobs/{digest}").into_bytes(), 400, "DIGEST_INVALID");
    let foreign = |target: &str| (target.as_bytes().to_vec(), 404, "NAME_UNKNOWN");
    let long = |count: usize| format!("/v2/{}/manifests/1", "a/".repeat(count).trim_end_matches('/'));
    let names = [
        "/v2/../../../../etc/manifests/passwd",
        "/v2/a/../../blobs/manifests/1",
        "/v2/%2e%2e/%2e%2e/manifests/1",
        "/v2/a%2fb/manifests/1",
        "/v2/a%2F..%2Fb/manifests/1",
        "/v2/a%00b/manifests/1",
        "/v2/a/manifests/1%00",
        "/v2//a/manifests/1",
        "/v2/a//b/manifests/1",
        "/v2/a/./b/manifests/1",
        "/v2/a/manifests/..%2f1",
        "/v2/a/blobs/sha256:..%2f..%2fx",
        &format!("/v2/a/blobs/sha256:{HEX}%00"),
        "/v2/A/manifests/1",
        "/v2/Library/Image/manifests/1",
        "/v2/b%C3%A4r/manifests/1",
        "/v2/%E9%95%9C%E5%83%8F/manifests/1",
        "/v2/a%EF%BC%8Fb/manifests/1",
        "/v2/a\\..\\b/manifests/1",
    ];
    let digests = [
        "sha256:",
        "sha256:zz",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        &HEX[1..],
        &format!("sha256:{}", &HEX[1..]),
        &format!("sha256:{}", HEX.to_uppercase()),
        &format!("sha256:{HEX}00"),
        &format!("sha512:{HEX}"),
    ];
    let unheard = [
        "/v2/a/manifests/1?ns=unheard.example",
        "/v2/a/manifests/1?ns=127.0.0.1:1",
        "/v2/a/manifests/1?ns=169.254.169.254",
        "/v2/a/manifests/1?ns=http://127.0.0.1/",
        "/v2/a/manifests/1?ns=..%2f..%2fx",
        "/v2/unheard.example/a/manifests/1",
        "/v2/127.0.0.1:1/a/tags/list",
    ];
    let mut all: Vec<_> = names.into_iter().map(name).collect();
    all.extend(digests.into_iter().map(digest));
    all.extend(unheard.into_iter().map(foreign));
    all.push(name(&long(600)));
    all.push((format!("/v2/{}/manifests/1", "a".repeat(32 * KIB)).into_bytes(), 431, "BAD_REQUEST"));
    all.push((b"/v2/a\0b/manifests/1".to_vec(), 400, "BAD_REQUEST"));
    all
}
