//! containerd: one `hosts.toml` for each registry, and one for all others.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Engine, File, Mirror};
use crate::name::Registry;

/// A mirror that is gone must not hold up a node: how long containerd tries to connect.
const DIAL_TIMEOUT: &str = "1s";

pub(super) fn files(mirror: &Mirror) -> Vec<File> {
    let known = mirror.registries.iter().map(|registry| file(mirror, registry.as_str(), Some(registry)));
    // A registry that the mirror learns of later is then found without a change of the nodes.
    known.chain([file(mirror, "_default", None)]).collect()
}

fn file(mirror: &Mirror, folder: &str, registry: Option<&Registry>) -> File {
    let path = PathBuf::from("containerd/certs.d").join(folder).join("hosts.toml");
    File { engine: Engine::Containerd, path, text: text(mirror, registry) }
}

fn text(mirror: &Mirror, registry: Option<&Registry>) -> String {
    let mut text = String::new();
    if let Some(registry) = registry {
        line(&mut text, &format!("server = \"{}\"\n", upstream(registry)));
    }
    line(&mut text, &format!("[host.\"{}\"]", mirror.url()));
    line(&mut text, "  capabilities = [\"pull\", \"resolve\"]");
    line(&mut text, &format!("  dial_timeout = \"{DIAL_TIMEOUT}\""));
    if let Some(ca_file) = &mirror.ca_file {
        line(&mut text, &format!("  ca = {}", quoted(ca_file)));
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing into a String cannot fail.
    let _written = writeln!(text, "{line}");
}

/// Where containerd goes when the mirror cannot help.
fn upstream(registry: &Registry) -> String {
    match registry.as_str() {
        "docker.io" => "https://registry-1.docker.io".to_owned(),
        other => format!("https://{other}"),
    }
}

/// JSON's strings are strings of TOML too.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
