//! The configuration that leads a node's container engine to a mirror, with the registry itself as fallback.
//! Pure: texts and where they belong.

mod containerd;
mod containers;
mod docker;

use std::path::PathBuf;

use crate::name::Registry;

/// Which engine reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// containerd, also under Kubernetes.
    Containerd,
    /// CRI-O, podman, buildah, skopeo.
    Containers,
    /// Docker; it mirrors Docker Hub only.
    Docker,
}

/// A mirror as nodes reach it, and what they should pull through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    scheme: Scheme,
    address: String,
    registries: Vec<Registry>,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// An address that nodes cannot use.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a mirror's address is http://HOST[:PORT] or https://HOST[:PORT], without path, user or query")]
pub struct BadAddress;

/// A file of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Who reads it.
    pub engine: Engine,
    /// Below `/etc`.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl Mirror {
    /// The mirror at `url`, for these registries. `ca_file` is a path on the nodes: the authority of its
    /// certificate, when the system does not know that.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn new(url: &str, registries: Vec<Registry>, ca_file: Option<PathBuf>) -> Result<Self, BadAddress> {
        let (scheme, address) = match url.split_once("://") {
            Some(("http", address)) => (Scheme::Http, address),
            Some(("https", address)) => (Scheme::Https, address),
            _ => return Err(BadAddress),
        };
        let address = address.strip_suffix('/').unwrap_or(address);
        // The host of a mirror is written like that of a registry.
        address.parse::<Registry>().map_err(|_| BadAddress)?;
        Ok(Self { scheme, address: address.to_owned(), registries, ca_file })
    }

    /// The files of an engine.
    #[must_use]
    pub fn files(&self, engine: Engine) -> Vec<File> {
        match engine {
            Engine::Containerd => containerd::files(self),
            Engine::Containers => containers::files(self),
            Engine::Docker => docker::files(self),
        }
    }

    fn url(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}", self.address)
    }

    fn is_plain(&self) -> bool {
        self.scheme == Scheme::Http
    }
}

#[cfg(test)]
mod tests;
