//! Names of images, as the distribution specification allows them and as Docker writes them.

mod path_word;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::digest::Digest;
pub(crate) use path_word::host_of;

/// The longest repository name that is accepted, in bytes; the specification asks for 255 with the host.
pub const REPOSITORY_MAX_BYTES: usize = 255;
const TAG_MAX_BYTES: usize = 128;
const HOST_MAX_BYTES: usize = 255;
/// Docker Hub's name; `index.docker.io` and `registry-1.docker.io` are the same registry.
const DOCKER_HUB: &str = "docker.io";

/// What is wrong with a name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Not a host with an optional port.
    #[error("a registry is a host name with an optional port, like docker.io or registry.example:5000")]
    Registry,
    /// Not a repository name.
    #[error("a repository is lower-case words with . _ - between them, separated by /, 255 bytes at most")]
    Repository,
    /// Neither a tag nor a digest.
    #[error("a reference is a tag of at most 128 letters, digits, _ . - (not first . or -), or a digest")]
    Reference,
    /// Not an image reference.
    #[error("an image is written [registry/]repository[:tag][@digest]")]
    Image,
}

/// An upstream registry by the name that image references use: a key of the allow-list, never an address
/// to dial. Docker Hub's several names are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Registry(Arc<str>);

/// A repository within a registry, like `library/debian`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository(Arc<str>);

/// A tag, like `12-slim`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

/// What comes after the repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// A name that may move.
    Tag(Tag),
    /// The content itself.
    Digest(Digest),
}

/// A repository of one registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageName {
    /// The registry.
    pub registry: Registry,
    /// The repository within it.
    pub repository: Repository,
}

impl ImageName {
    /// The name within its registry; Docker Hub's short names get their `library/`.
    #[must_use]
    pub fn new(registry: Registry, repository: Repository) -> Self {
        if &*registry.0 == DOCKER_HUB && !repository.0.contains('/') {
            let repository = Repository(format!("library/{}", repository.0).into());
            return Self { registry, repository };
        }
        Self { registry, repository }
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text!(Registry, Repository, Tag);

impl FromStr for Registry {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        let good_host = !host.is_empty()
            && host.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && !label.starts_with('-')
            });
        if !good_host || text.len() > HOST_MAX_BYTES || port.is_some_and(|port| port.parse::<u16>().is_err())
        {
            return Err(Error::Registry);
        }
        let lower = text.to_ascii_lowercase();
        let hub = matches!(&*lower, "index.docker.io" | "registry-1.docker.io");
        Ok(Self(if hub { DOCKER_HUB.into() } else { lower.into() }))
    }
}

impl FromStr for Repository {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let good = text.len() <= REPOSITORY_MAX_BYTES && text.split('/').all(is_path_component);
        good.then(|| Self(text.into())).ok_or(Error::Repository)
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, from the distribution specification.
fn is_path_component(text: &str) -> bool {
    let mut separator = String::new();
    let mut seen_word = false;
    for character in text.chars() {
        if matches!(character, 'a'..='z' | '0'..='9') {
            let good =
                matches!(&*separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
            if !good {
                return false;
            }
            separator.clear();
            seen_word = true;
        } else if seen_word && matches!(character, '.' | '_' | '-') {
            separator.push(character);
        } else {
            return false;
        }
    }
    seen_word && separator.is_empty()
}

impl FromStr for Tag {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let good = (1..=TAG_MAX_BYTES).contains(&text.len())
            && !text.starts_with(['.', '-'])
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        good.then(|| Self(text.into())).ok_or(Error::Reference)
    }
}

impl FromStr for Reference {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.contains(':') {
            return text.parse().map(Self::Digest).map_err(|_| Error::Reference);
        }
        text.parse().map(Self::Tag)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)
    }
}

/// An image as people write it: `debian`, `ghcr.io/a/b:1`, `registry.example:5000/a@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Image {
    /// Registry and repository.
    pub name: ImageName,
    /// `latest` when none was written; the digest when both were.
    pub reference: Reference,
}

impl FromStr for Image {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (path, tag) = match rest[slash..].split_once(':') {
            Some((last, tag)) => (&rest[..slash + last.len()], Some(tag)),
            None => (rest, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
            _ => (DOCKER_HUB, path),
        };
        let tag = tag.map(str::parse).transpose()?;
        let reference = match digest {
            Some(digest) => Reference::Digest(digest.parse().map_err(|_| Error::Reference)?),
            None => Reference::Tag(tag.unwrap_or_else(|| Tag("latest".into()))),
        };
        if repository.is_empty() {
            return Err(Error::Image);
        }
        Ok(Self { name: ImageName::new(registry.parse()?, repository.parse()?), reference })
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if matches!(self.reference, Reference::Tag(_)) { ':' } else { '@' };
        write!(f, "{}{mark}{}", self.name, self.reference)
    }
}

#[cfg(test)]
mod tests;
