//! CRI-O, podman, buildah and skopeo: one drop-in. They name the registry in the path.

use std::path::PathBuf;

use super::{Engine, File, Mirror};

pub(super) fn files(mirror: &Mirror) -> Vec<File> {
    if mirror.registries.is_empty() {
        return Vec::new();
    }
    let blocks: Vec<_> = mirror.registries.iter().map(|registry| block(mirror, registry.as_str())).collect();
    let path = PathBuf::from("containers/registries.conf.d/50-qingjiao-mirror.conf");
    let text = blocks.join("\n");
    let mut files = vec![File { engine: Engine::Containers, path, text }];
    files.extend(authority(mirror));
    files
}

fn block(mirror: &Mirror, registry: &str) -> String {
    let (address, insecure) = (&mirror.address, mirror.is_plain());
    let mut text = format!("[[registry]]\nprefix = \"{registry}\"\nlocation = \"{registry}\"\n\n");
    text.push_str(&format!("[[registry.mirror]]\nlocation = \"{address}/{registry}\"\n"));
    if insecure {
        text.push_str("insecure = true\n");
    }
    text
}

/// These engines take authorities from a folder, not from the configuration.
fn authority(mirror: &Mirror) -> Option<File> {
    let ca_file = mirror.ca_file.as_ref()?;
    let path = PathBuf::from("containers/certs.d").join(&mirror.address).join("README");
    let text = format!("Copy or link {} to this folder as ca.crt.\n", ca_file.display());
    Some(File { engine: Engine::Containers, path, text })
}
