//! Templates: read or refused with the names of fields, never with a panic; and the version is a function.

use anyhow::ensure;
use domain::template::{Template, version_of};
use serde_json::Value;

use crate::mutate::Mutator;

/// Templates that are right.
pub(super) const SAMPLES: [&str; 2] = [
    include_str!("../../../region/templates/linux-shell.json"),
    include_str!("../../../region/templates/web-app.json"),
];

pub(super) fn one(mutator: &mut Mutator) -> anyhow::Result<()> {
    let bytes = mutator.changed(&SAMPLES.map(|text| text.as_bytes().to_vec()));
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return Ok(()) };
    let version = version_of(&value);
    match Template::parse(&value) {
        // What is read can be stored and read again.
        Ok(_) => ensure!(version.is_some(), "a template without version: {value}"),
        Err(errors) => {
            ensure!(
                errors.iter().all(|error| !error.field.is_empty()),
                "a mistake without field: {errors:?} {value}"
            );
        }
    }
    Ok(())
}
