//! The suite that every [`super::Provider`] passes.
