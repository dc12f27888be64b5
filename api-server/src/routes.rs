//! The route table: the fold of the log in memory, kept current by following it, handed out as deltas.

mod feed;
mod fold;
mod follow;
mod table;

pub(crate) use feed::RouteFeed;
pub(crate) use table::Delta;
