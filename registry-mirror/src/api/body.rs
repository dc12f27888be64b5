//! Bodies of requests.

use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Reads JSON, whatever type the client says it is; no body is an empty object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Problem::body(&error))
}
