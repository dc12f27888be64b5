//! The rows of new sandboxes, table by table.

use std::collections::{BTreeSet, HashMap};

use data_encoding::BASE64;
use domain::id::SandboxId;
use domain::sandbox::Status;

use crate::error::Error;
use crate::intent::draft::Draft;
use crate::log::EventKind;
use crate::log::append::{self, Append, json};
use crate::sql::{Arg, Insert, Tx, args};

/// Inserts every draft whose ref is free, and says which these were.
///
/// Rows go in by tenant and ref: two transactions that want the same refs wait for each other in one order.
pub(super) async fn insert(tx: &mut Tx, drafts: &[&Draft]) -> Result<BTreeSet<usize>, Error> {
    let mut ordered: Vec<&Draft> = drafts.to_vec();
    ordered.sort_by_key(|draft| (&draft.sandbox.intent.tenant, &draft.sandbox.intent.r#ref));
    let by_id: HashMap<&str, usize> =
        drafts.iter().enumerate().map(|(index, draft)| (draft.sandbox.intent.id.as_str(), index)).collect();
    let mut created = BTreeSet::new();
    for row in INTENT.run(tx, ordered.iter().map(intent).collect()).await? {
        let id = row.of("intent", "id").text("id")?;
        created.extend(by_id.get(id.as_str()));
    }
    let fresh: Vec<&Draft> = created.iter().map(|index| drafts[*index]).collect();
    SANDBOXES.run(tx, fresh.iter().map(|draft| args![id(draft), 1_i64]).collect()).await?;
    STATUS.run(tx, fresh.iter().map(status).collect()).await?;
    LABELS.run(tx, fresh.iter().flat_map(|draft| labels(draft)).collect()).await?;
    append::many(tx, fresh.iter().map(|draft| event(draft)).collect()).await?;
    Ok(created)
}

const INTENT: Insert = Insert {
    into: "intent (id, ref, tenant, owner, class_id, template_name, template_version, labels, parameters, \
           sealed_secrets, request_digest, wanted, generation, access_epoch, home_generation, run_since, \
           expires_at, max_expires_at, queue_until, wakeable, created_at)",
    tail: "ON CONFLICT (tenant, ref) WHERE wanted <> 'deleted' DO NOTHING RETURNING id",
};
const SANDBOXES: Insert = Insert { into: "sandboxes (id, sequence)", tail: "" };
const STATUS: Insert = Insert {
    into: "status (id, phase, phase_since, observed_generation, queued_at, attempts, bound_incarnation, \
           machine_names, revision)",
    tail: "",
};
const LABELS: Insert = Insert { into: "labels (sandbox, name, value)", tail: "" };

fn id<'d>(draft: &'d &Draft) -> &'d SandboxId {
    &draft.sandbox.intent.id
}

fn intent<'d>(draft: &'d &Draft) -> Vec<Arg<'d>> {
    let intent = &draft.sandbox.intent;
    args![
        &intent.id,
        &intent.r#ref,
        &intent.tenant,
        &intent.owner,
        intent.class_id.as_ref().map(|class| class.as_str()),
        &intent.template.name,
        &intent.template.version,
        json(&intent.labels),
        json(&intent.parameters),
        draft.sealed_secrets.as_ref().map(|sealed| BASE64.encode(sealed)),
        &draft.request_digest,
        intent.wanted,
        intent.generation,
        intent.access_epoch,
        intent.home_generation,
        intent.run_since,
        intent.expires_at,
        intent.max_expires_at,
        intent.queue_until,
        intent.wakeable,
        intent.created_at,
    ]
}

fn status<'d>(draft: &'d &Draft) -> Vec<Arg<'d>> {
    let status = &draft.sandbox.status;
    args![
        id(draft),
        status.phase,
        status.phase_since,
        status.observed_generation,
        status.queued_at,
        status.attempts,
        status.bound_incarnation,
        machine_names(status),
        status.revision,
    ]
}

/// The machines in the template's order, as stored.
pub(crate) fn machine_names(status: &Status) -> String {
    let names: Vec<&str> = status.machines.iter().map(|machine| machine.name.as_str()).collect();
    json(&names)
}

fn labels<'d>(draft: &'d &Draft) -> Vec<Vec<Arg<'d>>> {
    let labels = draft.sandbox.intent.labels.iter();
    labels.map(|(name, value)| args![id(draft), name, value]).collect()
}

fn event<'d>(draft: &'d &Draft) -> Append<'d> {
    let at = draft.sandbox.intent.created_at;
    Append::sandbox(EventKind::SandboxCreated, at, 1, Vec::new(), &draft.sandbox)
}
