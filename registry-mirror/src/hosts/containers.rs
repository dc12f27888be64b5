//! CRI-O, podman, buildah and skopeo: one drop-in. They name the registry in the path; one that cannot be named there
//! is pulled from directly.

use std::path::PathBuf;

use super::{Engine, File, Mirror};
use crate::name::Registry;

pub(super) fn files(mirror: &Mirror) -> Vec<File> {
    let blocks: Vec<_> = mirror.registries.iter().filter_map(|registry| block(mirror, registry)).collect();
    if blocks.is_empty() {
        return Vec::new();
    }
    let path = PathBuf::from("containers/registries.conf.d/50-qingjiao-mirror.conf");
    let text = blocks.join("\n");
    let mut files = vec![File { engine: Engine::Containers, path, text }];
    files.extend(authority(mirror));
    files
}

fn block(mirror: &Mirror, registry: &Registry) -> Option<String> {
    let (address, insecure, word) = (&mirror.address, mirror.is_plain(), registry.path_word()?);
    let mut text = format!("[[registry]]\nprefix = \"{registry}\"\nlocation = \"{registry}\"\n\n");
    text.push_str(&format!("[[registry.mirror]]\nlocation = \"{address}/{word}\"\n"));
    if insecure {
        text.push_str("insecure = true\n");
    }
    Some(text)
}

/// These engines take authorities from a folder, not from the configuration.
fn authority(mirror: &Mirror) -> Option<File> {
    let ca_file = mirror.ca_file.as_ref()?;
    let path = PathBuf::from("containers/certs.d").join(&mirror.address).join("README");
    let text = format!("Copy or link {} to this folder as ca.crt.\n", ca_file.display());
    Some(File { engine: Engine::Containers, path, text })
}
