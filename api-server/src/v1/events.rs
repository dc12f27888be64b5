//! The log, as a list and as a live stream.

pub(crate) mod list;
mod sse;
pub(crate) mod watch;

use domain::id::TenantId;
use store::{Position, log};

use crate::auth::Caller;
use crate::problem::{Kind, Problem};

/// Where somebody who lost the thread begins anew.
const SNAPSHOT: &str = "/v1/sandboxes?limit=500";

/// Whether a caller may know of an entry: sandboxes of its own tenant, and what concerns the whole region.
fn visible(entry: &log::Entry, caller: &Caller) -> bool {
    let tenant: Option<&TenantId> = entry.sandbox.as_ref().map(|sandbox| &sandbox.intent.tenant);
    tenant.is_none_or(|tenant| caller.may_see(tenant))
}

/// The store's refusal of a position, with a pointer to the snapshot.
fn refused(error: store::Error) -> Problem {
    match error {
        store::Error::PositionGone => Problem::new(Kind::CursorExpired).snapshot(SNAPSHOT),
        other => other.into(),
    }
}

/// A position in a request.
fn position(name: &'static str, text: &str) -> Result<Position, Problem> {
    let wrong = |error: log::BadPosition| Problem::field(name, "is no position", error.to_string());
    text.parse().map_err(wrong)
}
