//! Reading sandboxes out of the rows of intent, status and machines.

use std::collections::BTreeMap;

use domain::id::MachineName;
use domain::provider::{Address, BatchId, ResourceId};
use domain::sandbox::{Intent, Machine, Sandbox, Status, TemplateRef};

use crate::error::Error;
use crate::sql::{Cells, Row};

/// Everything of a sandbox, one row for each machine that has one. Conditions and order follow. Its parts
/// are for selections that another table drives.
macro_rules! select_sandbox {
    () => {
        concat!(select_sandbox!(columns), " FROM intent i", select_sandbox!(joins))
    };
    (columns) => {
        "SELECT i.id, i.ref, i.tenant, i.owner, i.class_id, i.template_name, i.template_version, i.labels, \
         i.parameters, i.request_digest, i.wanted, i.generation, i.access_epoch, i.home_generation, \
         i.run_since, i.expires_at, i.max_expires_at, i.expires_soon, i.queue_until, i.idle_stop_at, i.wakeable, \
         i.stop_cause, i.created_at, s.phase, s.phase_since, s.observed_generation, s.cause, s.queued_at, \
         s.attempts, s.next_attempt_at, s.ready_at, s.bound_incarnation, s.machine_names, s.revision, \
         m.name AS machine, m.incarnation, m.creation_number, m.home_generation AS machine_home_generation, \
         m.batch_id, m.batch_attempt, m.asked_at, m.ensured_at, m.resource, m.address, m.retired, \
         (SELECT l.term FROM leases l WHERE l.name = 'jobrunner') AS lease_term"
    };
    (joins) => {
        " JOIN status s ON s.id = i.id LEFT JOIN machines m ON m.sandbox = i.id "
    };
}
pub(crate) use select_sandbox;

/// The sandboxes of rows that come in the order of their sandboxes.
pub(crate) fn read_all(rows: &[Row]) -> Result<Vec<Sandbox>, Error> {
    let same = |a: &Row, b: &Row| id_of(a).is_some() && id_of(a) == id_of(b);
    rows.chunk_by(same).map(read).collect()
}

fn id_of(row: &Row) -> Option<String> {
    row.of("intent", "id").text("id").ok()
}

/// One sandbox out of its rows.
pub(crate) fn read(rows: &[Row]) -> Result<Sandbox, Error> {
    let first = rows.first().ok_or(Error::NotFound)?;
    let mut born = BTreeMap::new();
    for row in rows {
        let cells = row.of("machines", "id");
        if let Some(name) = cells.opt_parse::<MachineName>("machine")? {
            born.insert(name.clone(), machine(cells, name)?);
        }
    }
    Ok(Sandbox { intent: intent(first.of("intent", "id"))?, status: status(first.of("status", "id"), born)? })
}

fn intent(cells: Cells<'_>) -> Result<Intent, Error> {
    Ok(Intent {
        id: cells.parse("id")?,
        r#ref: cells.parse("ref")?,
        tenant: cells.parse("tenant")?,
        owner: cells.parse("owner")?,
        class_id: cells.opt_parse("class_id")?,
        template: TemplateRef {
            name: cells.parse("template_name")?,
            version: cells.parse("template_version")?,
        },
        labels: cells.json("labels")?,
        parameters: cells.json("parameters")?,
        wanted: cells.parse("wanted")?,
        generation: cells.count("generation")?,
        access_epoch: cells.count("access_epoch")?,
        home_generation: cells.count("home_generation")?,
        run_since: cells.time("run_since")?,
        expires_at: cells.time("expires_at")?,
        max_expires_at: cells.time("max_expires_at")?,
        expires_soon: cells.flag("expires_soon")?,
        queue_until: cells.opt_time("queue_until")?,
        idle_stop_at: cells.opt_time("idle_stop_at")?,
        wakeable: cells.flag("wakeable")?,
        stop_cause: cells.opt_json("stop_cause")?,
        created_at: cells.time("created_at")?,
    })
}

fn status(cells: Cells<'_>, mut born: BTreeMap<MachineName, Machine>) -> Result<Status, Error> {
    let names: Vec<MachineName> = cells.json("machine_names")?;
    let machines = names.into_iter().map(|name| born.remove(&name).unwrap_or(Machine::unborn(name)));
    Ok(Status {
        phase: cells.parse("phase")?,
        phase_since: cells.time("phase_since")?,
        observed_generation: cells.count("observed_generation")?,
        cause: cells.opt_json("cause")?,
        queued_at: cells.opt_time("queued_at")?,
        attempts: narrow(cells, "attempts")?,
        next_attempt_at: cells.opt_time("next_attempt_at")?,
        ready_at: cells.opt_time("ready_at")?,
        bound_incarnation: cells.count("bound_incarnation")?,
        machines: machines.collect(),
        revision: cells.count("revision")?,
    })
}

fn machine(cells: Cells<'_>, name: MachineName) -> Result<Machine, Error> {
    let batch = match cells.opt_text("batch_id")? {
        Some(id) => Some(BatchId { id, attempt: narrow(cells, "batch_attempt")? }),
        None => None,
    };
    Ok(Machine {
        name,
        incarnation: cells.count("incarnation")?,
        creation_number: cells.count("creation_number")?,
        home_generation: cells.count("machine_home_generation")?,
        batch,
        asked_at: cells.opt_time("asked_at")?,
        ensured_at: cells.opt_time("ensured_at")?,
        resource: cells.opt_text("resource")?.map(ResourceId),
        address: cells.opt_text("address")?.map(Address),
        retired: cells.flag("retired")?,
    })
}

fn narrow(cells: Cells<'_>, column: &'static str) -> Result<u32, Error> {
    u32::try_from(cells.int(column)?).map_err(|_| cells.corrupt(column))
}
