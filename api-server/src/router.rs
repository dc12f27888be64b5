//! Every path, on one screen.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::context::Api;
use crate::middleware::{answer, deadline};
use crate::problem::{Kind, Problem};
use crate::v1::sandboxes::{self, bulk, files};
use crate::v1::{capabilities, capacity, catalogue, events, region, templates, tenants};
use crate::{console, internal, openapi};

/// Everything, behind the outermost layer.
pub(crate) fn router(api: Api) -> Router {
    let (public, description) = public().split_for_parts();
    let docs = SwaggerUi::new("/docs").url("/openapi.json", openapi::finish(description));
    let router = public
        .merge(internal::router())
        .merge(console::router())
        .merge(docs)
        .fallback(async || Problem::new(Kind::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed));
    router.layer(from_fn_with_state(api.clone(), answer)).with_state(api)
}

/// The description of the public paths.
#[cfg(test)]
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    openapi::finish(public().into_openapi())
}

fn public() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::base()).merge(prompt().layer(from_fn(deadline))).merge(streams())
}

/// What is answered at once.
fn prompt() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(templates::list::handler))
        .routes(routes!(templates::get::handler))
        .routes(routes!(templates::publish::handler, templates::versions::handler))
        .routes(routes!(templates::version::handler))
        .routes(routes!(tenants::list::handler))
        .routes(routes!(tenants::put::handler, tenants::get::handler))
        .routes(routes!(sandboxes::create::handler, sandboxes::list::handler))
        .routes(routes!(sandboxes::batch_create::handler))
        .routes(routes!(sandboxes::batch_access::handler))
        .routes(routes!(bulk::stop::handler))
        .routes(routes!(bulk::start::handler))
        .routes(routes!(bulk::reset::handler))
        .routes(routes!(bulk::extend::handler))
        .routes(routes!(bulk::delete::handler))
        .routes(routes!(sandboxes::get::handler, sandboxes::delete::handler))
        .routes(routes!(sandboxes::stop::handler))
        .routes(routes!(sandboxes::start::handler))
        .routes(routes!(sandboxes::reset::handler))
        .routes(routes!(sandboxes::extend::handler))
        .routes(routes!(sandboxes::access::handler))
        .routes(routes!(sandboxes::revoke::handler))
        .routes(routes!(sandboxes::history::handler))
        .routes(routes!(events::list::handler))
        .routes(routes!(capacity::handler))
        .routes(routes!(capabilities::handler))
        .routes(routes!(catalogue::handler))
        .routes(routes!(region::cordon::handler))
        .routes(routes!(region::uncordon::handler))
}

/// What may take as long as it takes.
fn streams() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(events::watch::handler))
        .routes(routes!(sandboxes::exec::handler))
        .routes(routes!(files::get::handler, files::put::handler, files::delete::handler))
        // The home itself: an empty path, which a wildcard doesn't match.
        .route("/v1/sandboxes/{id}/files/{machine}/", get(files::get::handler))
}
