//! The machine rows of a status.

use domain::id::{MachineName, SandboxId};
use domain::sandbox::{Machine, Status};

use crate::error::Error;
use crate::sql::{Arg, Insert, Tx, args};

const UPSERT: Insert = Insert {
    into: "machines (sandbox, name, incarnation, creation_number, home_generation, batch_id, batch_attempt, \
           asked_at, ensured_at, resource, address, retired)",
    tail: "ON CONFLICT (sandbox, name) DO UPDATE SET incarnation = excluded.incarnation, \
           creation_number = excluded.creation_number, home_generation = excluded.home_generation, \
           batch_id = excluded.batch_id, batch_attempt = excluded.batch_attempt, \
           asked_at = excluded.asked_at, \
           ensured_at = excluded.ensured_at, resource = excluded.resource, address = excluded.address, \
           retired = excluded.retired",
};

/// Writes the rows that differ, and drops those of machines that the template no longer has.
pub(super) async fn write(tx: &mut Tx, id: &SandboxId, old: &Status, new: &Status) -> Result<(), Error> {
    let differs = |machine: &&Machine| old.machine(&machine.name) != Some(machine);
    let is_unborn = |machine: &&Machine| **machine == Machine::unborn(machine.name.clone());
    let written = new.machines.iter().filter(differs).filter(|machine| !is_unborn(machine));
    UPSERT.run(tx, written.map(|machine| values(id, machine)).collect()).await?;
    let gone = old.machines.iter().filter(|machine| !is_unborn(machine)).map(|machine| &machine.name);
    let gone = gone.filter(|name| new.machine(name).is_none_or(|machine| is_unborn(&machine)));
    for name in gone {
        forget(tx, id, name).await?;
    }
    Ok(())
}

async fn forget(tx: &mut Tx, id: &SandboxId, name: &MachineName) -> Result<(), Error> {
    let sql = "DELETE FROM machines WHERE sandbox = $1 AND name = $2";
    tx.execute(sql, args![id, name]).await.map(drop)
}

fn values<'m>(id: &'m SandboxId, machine: &'m Machine) -> Vec<Arg<'m>> {
    let batch = machine.batch.as_ref();
    args![
        id,
        &machine.name,
        machine.incarnation,
        machine.creation_number,
        machine.home_generation,
        batch.map(|batch| batch.id.as_str()),
        batch.map(|batch| i64::from(batch.attempt)),
        machine.asked_at,
        machine.ensured_at,
        machine.resource.as_ref().map(|resource| resource.0.as_str()),
        machine.address.as_ref().map(|address| address.0.as_str()),
        machine.retired,
    ]
}
