//! On the real thing: bubblewrap, control groups and the agent. Needs root, as a region has.

mod bench;
mod client;
mod conformance;
mod crashes;
mod isolation;
mod limits;
