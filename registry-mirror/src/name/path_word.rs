//! A registry as the first word of a repository's path. CRI-O, podman, buildah and skopeo name it there, and refuse a
//! colon in it, so a port is written after an underscore: `registry.example_5000`. No host has an underscore.

use std::borrow::Cow;

use super::Registry;

const LOCAL: &str = "localhost";

impl Registry {
    /// How it is written there. None for a host without a dot that has a port: a repository may begin like that.
    #[must_use]
    pub fn path_word(&self) -> Option<String> {
        let word = self.0.replace(':', "_");
        (host_of(&word)? == *self.0).then_some(word)
    }
}

/// The registry, with its port, that a first word names, if it is written like one.
pub(crate) fn host_of(word: &str) -> Option<Cow<'_, str>> {
    if word.contains(':') {
        return Some(Cow::Borrowed(word));
    }
    let looks_like_a_host = |host: &str| host.contains('.') || host == LOCAL;
    match word.rsplit_once('_') {
        Some((host, port)) if port.parse::<u16>().is_ok() && looks_like_a_host(host) => {
            Some(Cow::Owned(format!("{host}:{port}")))
        }
        _ => looks_like_a_host(word).then_some(Cow::Borrowed(word)),
    }
}
