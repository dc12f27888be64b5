//! What surrounds every request.

mod answer;
mod deadline;

pub(crate) use answer::answer;
pub(crate) use deadline::deadline;
