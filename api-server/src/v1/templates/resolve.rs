//! From `name` or `name@sha256:…` to one published version.

use domain::id::{TemplateName, TemplateVersion};
use domain::sandbox::TemplateRef;
use store::StoredTemplate;

use crate::context::Api;
use crate::problem::{Kind, Problem};

/// The version that a request's `field` names; without a version the newest.
pub(crate) async fn resolve(
    api: &Api,
    field: &'static str,
    text: &str,
) -> Result<(TemplateRef, StoredTemplate), Problem> {
    let (name, version) = read(field, text)?;
    let stored = api.store.templates().get(&name, version.as_ref()).await.map_err(|error| {
        let detail = format!("`{field}`: template `{text}` is not published here");
        Problem::stored(error, Kind::TemplateNotFound).missing_detail(Kind::TemplateNotFound, detail)
    })?;
    Ok((TemplateRef { name: stored.name.clone(), version: stored.version.clone() }, stored))
}

fn read(field: &'static str, text: &str) -> Result<(TemplateName, Option<TemplateVersion>), Problem> {
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    };
    let refused = |bad: domain::id::BadName| {
        Problem::field(field, bad.to_string(), "a template's name, or `name@sha256:…` for one version")
    };
    let version = version.map(str::parse).transpose().map_err(refused)?;
    Ok((name.parse().map_err(refused)?, version))
}
