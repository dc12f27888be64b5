//! A pull-through mirror of OCI registries for the nodes of a region: one download, whatever happens.
//!
//! It owns images on their way from an upstream registry to a node: which upstream a name leads to, the one
//! fill per digest, the bytes on disk, what a tag means for how long, and the answers that containerd,
//! CRI-O, Docker, skopeo, crane and buildkit read. It must not know sandboxes, tenants, the store or the API.
//!
//! A pull goes `serve` → `manifests` or `fills` → `source`; bytes rest in a `place`, what is known of them
//! in the `catalog`.

pub mod api;
pub mod blob;
pub mod bounds;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod digest;
pub mod evict;
pub mod fills;
mod flight;
mod gauges;
pub mod graph;
pub mod hosts;
mod housekeeping;
pub mod manifest;
pub mod manifests;
pub mod mirror;
pub mod name;
pub mod open_files;
pub mod place;
pub mod report;
pub mod scrub;
pub mod serve;
pub mod service;
pub mod source;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod upstream;
mod verifier;
pub mod warm;

pub use config::Config;
pub use digest::Digest;
pub use name::{ImageName, Reference, Registry, Repository, Tag};
pub use service::{Context, Service};
