//! A template's version: SHA-256 over the canonical JSON (RFC 8785) of what was sent.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::id::TemplateVersion;

/// The version of a template **as sent**: a default that a later release adds does not change it.
///
/// Returns `None` when the value has no canonical form (a number beyond IEEE double precision).
#[must_use]
pub fn version_of(sent: &serde_json::Value) -> Option<TemplateVersion> {
    let canonical = serde_json_canonicalizer::to_vec(sent).ok()?;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(&canonical) {
        write!(text, "{byte:02x}").ok()?;
    }
    text.parse().ok()
}
