//! From a sandbox to its row: the pure route, its position, and the tokens of its targets.

use std::sync::Arc;

use domain::route::{Route, Target, routes};
use domain::sandbox::Sandbox;
use domain::template::Template;
use domain::token::{AgentClaims, Signer, Verb};

use super::table::Row;
use crate::limits::ROUTE_TOKEN_MARGIN_S;

/// What a proxy does in a machine.
const PROXY_VERBS: [Verb; 3] = [Verb::Connect, Verb::Terminal, Verb::Files];

/// The row of a sandbox as of position `number`; `None` once it is deleted. Tokens of `before` that still fit are
/// kept, as signing costs more than all the rest.
pub(super) fn row(
    sandbox: &Sandbox,
    template: &Template,
    number: u64,
    (signer, before): (&Signer, Option<&Row>),
) -> Option<Row> {
    let mut route = routes(sandbox, template)?;
    route.position = number;
    sign(&mut route, signer, before.map(|row| row.route.as_ref()));
    Some(Row { route: Arc::new(route), version: version(sandbox) })
}

/// Which version of a sandbox this is; it never goes back.
pub(super) const fn version(sandbox: &Sandbox) -> (u64, u64) {
    (sandbox.intent.generation, sandbox.status.revision)
}

fn sign(route: &mut Route, signer: &Signer, before: Option<&Route>) {
    let expires_at = route.max_expires_at.plus_s(ROUTE_TOKEN_MARGIN_S);
    for (machine, target) in &mut route.targets {
        let same_run = before.filter(|before| before.max_expires_at == route.max_expires_at);
        let kept = same_run.and_then(|before| before.targets.get(machine)).and_then(|old| kept(old, target));
        target.token = kept.or_else(|| {
            Some(signer.sign(&AgentClaims {
                sbx: route.sandbox.clone(),
                mch: machine.clone(),
                inc: target.incarnation,
                vrb: PROXY_VERBS.to_vec(),
                exp: expires_at.seconds(),
            }))
        });
    }
}

fn kept(old: &Target, new: &Target) -> Option<String> {
    (old.incarnation == new.incarnation).then(|| old.token.clone()).flatten()
}
