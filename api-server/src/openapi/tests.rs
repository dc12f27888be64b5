use std::path::Path;

use crate::router;

/// Set to write the committed description anew.
const UPDATE: &str = "UPDATE_OPENAPI";

#[test]
fn the_committed_description_is_what_the_code_says() {
    let file = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../docs/openapi.json");
    let mut current = router::description().to_pretty_json().unwrap();
    current.push('\n');
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == current,
        "docs/openapi.json has drifted: run {UPDATE}=1 cargo test -p api-server openapi"
    );
}

#[test]
fn every_path_is_under_v1_and_says_what_it_answers() {
    let description = router::description();
    assert!(description.paths.paths.len() > 20);
    for (path, item) in &description.paths.paths {
        assert!(path.starts_with("/v1/"), "{path}");
        let operations = [&item.get, &item.post, &item.put, &item.delete];
        for operation in operations.into_iter().flatten() {
            assert!(!operation.responses.responses.is_empty(), "{path}");
        }
    }
}
