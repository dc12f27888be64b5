//! Who calls the public API, and what it may touch.

use axum::extract::FromRequestParts;
use domain::id::TenantId;
use domain::sandbox::Sandbox;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};
use store::Scope;

use super::cookie::session_of;
use super::hash_of;
use crate::context::Api;
use crate::problem::{Kind, Problem};

/// Sent by the console's own scripts: a form or an image of another site can't.
const X_REQUESTED_WITH: &str = "x-requested-with";
const CONSOLE_SCRIPT: &str = "qingjiao-console";

/// A caller that was recognised and is within its rate.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    scope: Scope,
    /// Everything else doesn't exist for it.
    tenant: Option<TenantId>,
    credential: Credential,
}

/// What it proved itself with, by its hash.
#[derive(Clone, Debug)]
enum Credential {
    Key(String),
    Session(String),
}

impl Caller {
    /// Whether it may see a tenant's things.
    pub(crate) fn may_see(&self, tenant: &TenantId) -> bool {
        self.tenant.as_ref().is_none_or(|own| own == tenant)
    }

    /// Whether its key or session still counts: for streams, which outlive the look at the beginning.
    pub(crate) async fn is_still_known(&self, api: &Api) -> Result<bool, store::Error> {
        match &self.credential {
            Credential::Key(hash) => Ok(api.keys.find(&api.store, hash, api.clock.now()).await?.is_some()),
            Credential::Session(hash) => api.store.sessions().find(hash).await,
        }
    }

    /// The tenant that it is bound to.
    pub(crate) fn bound_to(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// Refuses a caller that is bound to another tenant.
    pub(crate) fn require_tenant(&self, tenant: &TenantId) -> Result<(), Problem> {
        if self.may_see(tenant) { Ok(()) } else { Err(Kind::TenantForbidden.into()) }
    }

    /// Refuses a caller that is bound to a tenant.
    pub(crate) fn require_unbound(&self) -> Result<(), Problem> {
        let detail = "this concerns the whole region, and the key is bound to one tenant";
        if self.tenant.is_none() { Ok(()) } else { Err(Problem::new(Kind::Forbidden).detail(detail)) }
    }

    /// A sandbox of another tenant doesn't exist for it.
    pub(crate) fn own(&self, sandbox: Sandbox) -> Result<Sandbox, Problem> {
        if self.may_see(&sandbox.intent.tenant) { Ok(sandbox) } else { Err(Kind::SandboxNotFound.into()) }
    }
}

/// A caller with the operator's scope that is bound to no tenant.
#[derive(Clone, Debug)]
pub(crate) struct Operator;

impl FromRequestParts<Api> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        match caller.scope {
            Scope::Operator => caller.require_unbound().map(|()| Self),
            Scope::Platform => Err(Problem::new(Kind::Forbidden).detail("an operator's key is needed")),
        }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let now = api.clock.now();
        if let Some(token) = bearer(&parts.headers) {
            let hash = hash_of(token);
            let found = api.keys.find(&api.store, &hash, now).await?;
            let key = found.ok_or(Kind::Unauthenticated)?;
            within_rate(api, &key.id)?;
            let credential = Credential::Key(hash);
            return Ok(Self { scope: key.scope, tenant: key.tenant.clone(), credential });
        }
        let session = session_of(&parts.headers).ok_or(Kind::Unauthenticated)?;
        require_own_script(parts)?;
        let hash = hash_of(session);
        if !api.store.sessions().find(&hash).await? {
            return Err(Kind::Unauthenticated.into());
        }
        within_rate(api, &hash)?;
        Ok(Self { scope: Scope::Operator, tenant: None, credential: Credential::Session(hash) })
    }
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn within_rate(api: &Api, key: &str) -> Result<(), Problem> {
    let taken = api.rates.take(key, api.clock.now());
    taken.map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after_s(seconds))
}

/// A cookie comes along by itself; this header doesn't.
fn require_own_script(parts: &Parts) -> Result<(), Problem> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let sent = parts.headers.get(X_REQUESTED_WITH).is_some_and(|value| value == CONSOLE_SCRIPT);
    let detail = "a session needs the header `X-Requested-With: qingjiao-console` to change something";
    if safe || sent { Ok(()) } else { Err(Problem::new(Kind::Forbidden).detail(detail)) }
}
