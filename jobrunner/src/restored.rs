//! A restored database is detected: a resource of ours whose creation number is above the store's counter proves it.
//!
//! Then a new epoch is minted, resources of the old one beyond the counter are quarantined (nobody touches them, and
//! their sandboxes stand still), and the sweep stops, until an operator accepts the old epoch.

use std::collections::BTreeSet;

use domain::provider::Tags;
use store::Epochs;

use crate::providers::Listed;
use crate::{Context, Error};

/// Looks for proof in a list, and mints a new epoch when there is some. Answers the epochs in force.
pub(crate) async fn check(ctx: &Context, listed: &Listed) -> Result<Epochs, Error> {
    let epochs = ctx.store.region().epochs().await?;
    #[cfg(feature = "testing")]
    if ctx.planted.restore_unnoticed() {
        return Ok(epochs);
    }
    // Numbers are stored before they are used, so a counter read after the list is never behind it.
    let counter = ctx.store.status().creation_counter().await?;
    let is_unknown = |tags: &Tags| tags.epoch != epochs.current && !epochs.ended.contains_key(&tags.epoch);
    let proves =
        |tags: &Tags| is_unknown(tags) || (tags.epoch == epochs.current && tags.creation_number > counter);
    if !listed.resources().any(|(_, resource)| proves(&resource.tags)) {
        return Ok(epochs);
    }
    if ctx.leadership.term(&*ctx.clock).is_none() {
        return Ok(epochs);
    }
    let unknown = listed.resources().map(|(_, resource)| &resource.tags).filter(|tags| is_unknown(tags));
    let unknown: BTreeSet<_> = unknown.map(|tags| tags.epoch.clone()).collect();
    ctx.store.region().note_unknown_epochs(&unknown.into_iter().collect::<Vec<_>>()).await?;
    let minted = ctx.store.region().mint_epoch().await?;
    tracing::error!(
        store.epoch = %minted.0, creation.counter = counter,
        "the database was restored to an earlier state: unknown machines are quarantined and the sweep is stopped \
         until an operator runs `region store accept-epoch`"
    );
    Ok(ctx.store.region().epochs().await?)
}

/// Whether a resource was made by the history that this database knows.
pub(crate) fn is_known(epochs: &Epochs, tags: &Tags) -> bool {
    epochs.accepts(&tags.epoch, tags.creation_number)
}
