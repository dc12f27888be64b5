//! Whether this region could ever run a template: asked when it is published and when a sandbox is created.

use domain::field::FieldError;
use domain::id::PlacementName;
use domain::resources::Resources;
use domain::template::{Machine, Template};

use crate::context::Api;
use crate::problem::{Kind, Problem};

/// Refuses a template that no provider here runs, that names a placement which this region has not, or that is larger
/// than any node.
pub(crate) async fn require(api: &Api, template: &Template) -> Result<(), Problem> {
    let machines = || template.machines.iter().enumerate();
    let foreign = machines().filter_map(|(at, machine)| foreign_kind(&api.config.runs, at, machine));
    let foreign: Vec<FieldError> = foreign.collect();
    if !foreign.is_empty() {
        return Err(refused(Kind::MachineKindUnavailable, foreign));
    }
    let unknown: Vec<FieldError> = machines()
        .filter_map(|(at, machine)| unknown_placement(&api.config.placements, at, machine))
        .collect();
    if !unknown.is_empty() {
        return Err(refused(Kind::PlacementUnavailable, unknown));
    }
    let state = api.region_state.get(&api.store).await?;
    // A region that has no node at the moment says nothing about those to come.
    let known = state.capacity.as_ref().map(|capacity| capacity.largest);
    let Some(largest) = known.filter(|largest| *largest != Resources::default()) else { return Ok(()) };
    // Only the provider knows the nodes of each placement.
    let large: Vec<FieldError> = machines()
        .filter(|(_, machine)| machine.placement.is_none())
        .filter_map(|(at, machine)| too_large(largest, at, machine))
        .collect();
    if large.is_empty() { Ok(()) } else { Err(refused(Kind::DoesNotFit, large)) }
}

fn foreign_kind(runs: &[String], at: usize, machine: &Machine) -> Option<FieldError> {
    let kind = machine.runs.kind();
    let message = format!("this region does not run `{kind}`");
    let field = format!("machines[{at}].runs.{kind}");
    (!runs.iter().any(|known| known == kind)).then(|| FieldError::new(field, message, runs.join(", ")))
}

fn unknown_placement(placements: &[PlacementName], at: usize, machine: &Machine) -> Option<FieldError> {
    let asked = machine.placement.as_ref().filter(|asked| !placements.contains(asked))?;
    let names: Vec<&str> = placements.iter().map(PlacementName::as_str).collect();
    let allowed = if names.is_empty() { "no placement".to_owned() } else { names.join(", ") };
    let message = format!("this region has no placement `{asked}`");
    Some(FieldError::new(format!("machines[{at}].placement"), message, allowed))
}

fn too_large(largest: Resources, at: usize, machine: &Machine) -> Option<FieldError> {
    let name = machine.resources.first_excess(largest)?;
    let (asked, allowed) = match name {
        "cpu_millis" => (machine.resources.cpu_millis, largest.cpu_millis),
        "memory_mib" => (machine.resources.memory_mib, largest.memory_mib),
        "disk_mib" => (machine.resources.disk_mib, largest.disk_mib),
        _ => (machine.resources.gpus, largest.gpus),
    };
    let field = format!("machines[{at}].resources.{name}");
    Some(FieldError::new(field, format!("{asked} fits no node of this region"), format!("at most {allowed}")))
}

fn refused(kind: Kind, errors: Vec<FieldError>) -> Problem {
    let detail = errors.first().map(|error| format!("`{}`: {}", error.field, error.message));
    Problem::new(kind).detail(detail.unwrap_or_default()).errors(errors)
}
