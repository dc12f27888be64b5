//! The API's description: made from the handlers, served at `/openapi.json`, committed as `docs/openapi.json`.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Qingjiao region service",
        description = "Working environments for students and teachers: sandboxes made from templates, in one region.",
    ),
    tags(
        (name = "sandboxes", description = "Create, read, command and enter sandboxes"),
        (name = "files", description = "Files in a machine"),
        (name = "templates", description = "What sandboxes are made from; immutable by version"),
        (name = "events", description = "The log, as a list and as a live stream"),
        (name = "tenants", description = "Schools: limits and use"),
        (name = "region", description = "The region as a whole"),
    ),
    security(("key" = [])),
    modifiers(&Key),
)]
struct Description;

struct Key;

impl Modify for Key {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("An API key, `qj_…`; created by `region key create`.".to_owned());
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The description without its paths.
pub(crate) fn base() -> OpenApi {
    Description::openapi()
}

/// Mends what the router's own notation leaves behind: `{*path}` is axum's, not OpenAPI's.
pub(crate) fn finish(mut openapi: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut openapi.paths.paths);
    let renamed = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item));
    openapi.paths.paths = renamed.collect();
    openapi
}

#[cfg(test)]
mod tests;
