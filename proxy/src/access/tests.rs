use super::*;
use crate::config::Embedding;

#[test]
fn the_cookie_fits_how_its_site_is_embedded() {
    let alone = Embedding::new(&[]).unwrap();
    let embedded = Embedding::new(&["*".to_owned()]).unwrap();
    assert_eq!(set_cookie("v", 5, &alone), "__Host-qj=v; Path=/; Max-Age=5; Secure; HttpOnly; SameSite=Lax");
    assert!(set_cookie("v", 5, &embedded).ends_with("; SameSite=None; Partitioned"));
}

#[test]
fn entries_that_would_change_the_header_are_refused() {
    for bad in ["", "a b", "'none'; script-src *", "https://a\r\nx: y", "a,b"] {
        let error = Embedding::new(&[bad.to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with("proxy.frame_ancestors"), "{error}");
    }
}

#[test]
fn names_like_ours_are_found_however_they_are_written() {
    assert!(mentions(b"a=b; __HOST-QJ=c") && !mentions(b"a=b; qj=c"));
    assert!(names_own(b" __host-Qj ") && !names_own(b"__Host-qj2"));
}
