//! What a new region is given: keys and sample templates. Repeating it changes nothing.

use std::path::Path;

use domain::resources::Resources;
use domain::template::version_of;
use store::{Scope, Store};

use super::State;
use crate::command::key;
use crate::{Error, private_file, samples};

/// Publishes the samples that can start here.
pub(super) async fn publish_samples(store: &Store, room: Resources) -> Result<(), Error> {
    for sample in samples::startable(room).map_err(Error::failed)? {
        let name = sample.name.parse().map_err(Error::failed)?;
        let formless = || Error::Failed(format!("the sample {} has no canonical form", sample.name));
        let version = version_of(&sample.template).ok_or_else(formless)?;
        store.templates().publish(&name, &version, &sample.template).await?;
    }
    Ok(())
}

/// A key for the platform and one for the operator, each in a file of its own.
pub(super) async fn make_keys(store: &Store, state: &State) -> Result<(), Error> {
    make_key(store, &state.platform_key(), Scope::Platform).await?;
    make_key(store, &state.operator_key(), Scope::Operator).await
}

/// A file whose key the store knows is left alone; one that was revoked, or never stored because a start was
/// killed, is replaced.
async fn make_key(store: &Store, file: &Path, scope: Scope) -> Result<(), Error> {
    if let Ok(text) = std::fs::read_to_string(file)
        && store.keys().find(&api_server::hash_of(text.trim())).await?.is_some()
    {
        return Ok(());
    }
    let made = key::make(store, scope, None, &format!("region up: {scope}")).await?;
    private_file::write(file, made.text.expose())
}
