//! Every suite that needs more than one crate, in one binary: linking is what takes time.

mod architecture;
mod simulation;
