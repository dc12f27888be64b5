//! Words and decisions of the region service.
//!
//! Owns: the vocabulary of product.md as types ([`template`], [`sandbox`], [`phase`]), the two functions that are
//! the business ([`plan::plan`] and [`route::routes`]), queue order, quotas, causes, tokens, and the contract that a
//! provider fulfils ([`provider::Provider`]).
//!
//! Must not know: sockets, SQL, HTTP, Kubernetes, or how much time really passes: time comes from a [`time::Clock`],
//! randomness from a [`random::Random`].

pub mod cause;
pub mod check;
pub mod field;
pub mod host;
pub mod id;
pub mod phase;
pub mod plan;
pub mod provider;
pub mod queue;
pub mod quota;
pub mod random;
pub mod region;
pub mod resources;
pub mod route;
pub mod sandbox;
pub mod seal;
pub mod secret;
pub mod template;
pub mod time;
pub mod token;
pub mod transition;
