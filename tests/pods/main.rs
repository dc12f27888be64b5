//! A region whose machines are pods of a real cluster. Run by `scripts/cluster-tests`, one test after another.

mod chart;
mod doctor;
mod faults;
mod flow;
mod isolation;
