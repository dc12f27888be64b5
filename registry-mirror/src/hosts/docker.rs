//! Docker: two keys of `daemon.json`. It mirrors Docker Hub only, and says no registry, so the mirror's
//! default registry must be Docker Hub.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Engine, File, Mirror};

pub(super) fn files(mirror: &Mirror) -> Vec<File> {
    if !mirror.registries.iter().any(|registry| registry.as_str() == "docker.io") {
        return Vec::new();
    }
    let mut daemon = Map::new();
    daemon.insert("registry-mirrors".to_owned(), json!([mirror.url()]));
    if mirror.is_plain() {
        daemon.insert("insecure-registries".to_owned(), json!([mirror.address]));
    }
    let text = format!("{:#}\n", Value::Object(daemon));
    vec![File { engine: Engine::Docker, path: PathBuf::from("docker/daemon.json"), text }]
}
