//! Upstreams that do what a test says: in memory, and over real HTTP on loopback.

pub mod conformance;
mod content;
mod counts;
pub mod hub;
pub mod image;
mod scripted;
mod trouble;

pub use counts::Counts;
pub use hub::{FakeHub, HubAuth, HubOptions, Tls};
pub use image::{FakeImage, ImageSpec, random_bytes};
pub use scripted::ScriptedSource;
pub use trouble::Trouble;
