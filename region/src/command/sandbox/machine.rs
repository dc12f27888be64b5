//! Which machine of a sandbox is meant when none is named.

use super::path;
use crate::Error;
use crate::api::view::{Sandbox, Template};
use crate::api::{Api, read, segment};

/// The named machine, else the first of the sandbox's template.
pub(super) async fn machine(api: &Api, id: &str, named: Option<&str>) -> Result<String, Error> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let sandbox: Sandbox = read("GET /v1/sandboxes", &api.get(&path(id, "")).await?)?;
    let (name, version) = sandbox.template.split_once('@').unwrap_or((&sandbox.template, ""));
    let path = format!("/v1/templates/{}/versions/{}", segment(name), segment(version));
    let template: Template = read("GET /v1/templates", &api.get(&path).await?)?;
    let missing = || Error::Failed(format!("the template of {id} names no machine: give one with --machine"));
    template.first_machine().map(str::to_owned).ok_or_else(missing)
}
