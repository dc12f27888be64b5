//! The harness of the suites: a region in a test's hands, and the simulation.
//!
//! Owns nothing that ships. Every crate may be imported here; nothing may import this.

pub mod chaos;
pub mod cluster;
pub mod mirror;
pub mod outside;
pub mod processes;
pub mod simulation;
