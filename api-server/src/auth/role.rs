//! Other roles of the region: they know the mounted secret, and nothing else may use `/internal`.

use axum::extract::FromRequestParts;
use domain::secret::Secret;
use http::request::Parts;
use subtle::{Choice, ConstantTimeEq as _};

use super::caller::bearer;
use crate::context::Api;
use crate::problem::{Kind, Problem};

/// The tokens that are accepted while a secret is rotated.
#[derive(Clone)]
pub(crate) struct RoleTokens(Vec<String>);

impl std::fmt::Debug for RoleTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoleTokens(***)")
    }
}

impl RoleTokens {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        Self(secrets.iter().map(Secret::role_token).collect())
    }

    /// Compares with each in constant time, so that the answer's time tells nothing.
    fn accept(&self, token: &str) -> bool {
        let each = self.0.iter().map(|known| known.as_bytes().ct_eq(token.as_bytes()));
        each.fold(Choice::from(0), |any, one| any | one).into()
    }
}

/// The asker is a role of this region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role;

impl FromRequestParts<Api> for Role {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let accepted = bearer(&parts.headers).is_some_and(|token| api.role_tokens.accept(token));
        if accepted { Ok(Self) } else { Err(Kind::Unauthenticated.into()) }
    }
}
