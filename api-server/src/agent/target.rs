//! Which agent a call goes to, and the right to make it.

use domain::id::MachineName;
use domain::phase::{Phase, Wanted};
use domain::provider::Address;
use domain::sandbox::{Machine, Sandbox};
use domain::token::{AgentClaims, Verb};

use crate::context::Api;
use crate::limits::CALL_TOKEN_S;
use crate::problem::{Kind, Problem};

/// A machine's agent, and a token for it.
pub(crate) struct Door {
    pub(crate) address: Address,
    pub(crate) token: String,
}

/// The door of a machine; the first one of the sandbox when none is named.
pub(crate) fn door(api: &Api, sandbox: &Sandbox, machine: Option<&str>, verb: Verb) -> Result<Door, Problem> {
    let machine = find(sandbox, machine)?;
    let address = address(sandbox, machine).ok_or_else(|| not_ready(sandbox))?;
    let claims = AgentClaims {
        sbx: sandbox.intent.id.clone(),
        mch: machine.name.clone(),
        inc: machine.incarnation,
        vrb: vec![verb],
        exp: api.clock.now().plus_s(CALL_TOKEN_S).seconds(),
    };
    Ok(Door { address, token: api.signer.sign(&claims) })
}

fn find<'a>(sandbox: &'a Sandbox, name: Option<&str>) -> Result<&'a Machine, Problem> {
    let machines = &sandbox.status.machines;
    let found = match name {
        Some(name) => machines.iter().find(|machine| machine.name.as_str() == name),
        None => machines.first(),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = machines.iter().map(|machine| MachineName::as_str(&machine.name)).collect();
        Problem::new(Kind::MachineNotFound).detail(format!("its machines are: {}", names.join(", ")))
    })
}

/// Only a sandbox that is ready and meant to be lets anybody in.
fn address(sandbox: &Sandbox, machine: &Machine) -> Option<Address> {
    let open = sandbox.status.phase == Phase::Ready && sandbox.intent.wanted == Wanted::Running;
    let current = !machine.retired && machine.home_generation == sandbox.intent.home_generation;
    machine.address.clone().filter(|_| open && current)
}

/// Why nobody can come in now.
pub(crate) fn not_ready(sandbox: &Sandbox) -> Problem {
    let phase = sandbox.status.phase;
    let cause = sandbox.status.cause.as_ref().or(sandbox.intent.stop_cause.as_ref());
    let problem = Problem::new(Kind::NotReady).cause(cause.map(Into::into));
    problem.detail(match phase {
        Phase::Stopped | Phase::Failed => format!("it is {phase}: start it first"),
        Phase::Stopping | Phase::Deleting | Phase::Deleted => format!("it is {phase}"),
        Phase::Queued | Phase::Provisioning | Phase::Starting | Phase::Ready => {
            format!("it is {phase}: wait until it is ready")
        }
    })
}
