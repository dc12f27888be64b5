//! A restored database is detected: a resource of ours whose creation number is above the store's counter proves it.
//!
//! Then a new epoch is minted, resources of the old one beyond the counter are quarantined (nobody touches them, and
//! their sandboxes stand still), and the sweep stops, until an operator accepts the old epoch.

use domain::provider::{Resource, Tags};
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
    let beyond = |resource: &Resource| {
        resource.tags.epoch == epochs.current && resource.tags.creation_number > counter
    };
    if !listed.resources().any(|(_, resource)| beyond(resource)) {
        return Ok(epochs);
    }
    let Some(term) = ctx.leadership.term(&*ctx.clock) else { return Ok(epochs) };
    let minted = ctx.store.region().mint_epoch(term, &epochs.current, counter).await?;
    tracing::error!(
        store.epoch = %minted.current.0, creation.counter = counter,
        "the database was restored to an earlier state: unknown machines are quarantined and the sweep is stopped \
         until an operator runs `region store accept-epoch`"
    );
    Ok(minted)
}

/// Whether a resource was made by the history that this database knows.
pub(crate) fn is_known(epochs: &Epochs, tags: &Tags) -> bool {
    epochs.accepts(&tags.epoch, tags.creation_number)
}
