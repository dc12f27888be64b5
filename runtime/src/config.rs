//! The one configuration format: a TOML file, over it environment variables, over them flags.
//!
//! A program's configuration is one struct whose fields are sections, whose fields are values; every field has
//! a default. Fields that are durations end in `_s` or `_ms`, sizes in `_bytes` or `_mib`. Each value remembers
//! where it came from, so an error can name the field, its source and what is allowed, and the effective
//! configuration can be printed with the sources; [`Secret`](crate::Secret)s show as `***`.

mod args;
mod environment;
mod error;
mod layers;
mod loaded;
mod print;
mod source;

pub use args::ConfigArgs;
pub use error::Error;
pub use layers::Layers;
pub use loaded::Loaded;
pub use source::Source;

#[cfg(test)]
mod tests;
