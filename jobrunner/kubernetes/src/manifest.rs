//! From a machine to the objects of a cluster: pure.

mod container;
mod egress;
mod home;
mod image;
mod peers;
mod pod;
mod policy;
mod range;

pub(crate) use container::MACHINE;
pub(crate) use egress::{Class, class};
pub(crate) use home::home;
pub(crate) use peers::{names, network};
pub(crate) use pod::pod;
pub(crate) use policy::{listed, standing};
pub(crate) use range::is_range;

#[cfg(test)]
mod tests;
