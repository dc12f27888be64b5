//! The management API: what operators and the platform ask of a mirror. JSON; refusals are
//! `application/problem+json`. It has a listener of its own and asks for no credentials.

mod body;
mod gc;
mod pins;
mod problem;
mod status;
mod verify;
mod warm;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};

use crate::catalog::Catalog;
use crate::clock::SharedClock;
use crate::fills::Fills;
use crate::gauges::ClientBytes;
use crate::upstream::Sources;
use crate::verifier::Verifier;
use crate::warm::Warmer;
use problem::Problem;

pub use gc::{GcRequest, GcResult};
pub use pins::PinView;
pub use status::{Disk, Status, Traffic, UpstreamBudget};
pub use warm::WarmRequest;

pub use crate::report::{ImageReport, PlatformReport};
pub use crate::verifier::{Verification, VerificationState};
pub use crate::warm::{ImageProgress, Job, State as WarmState};

/// What the management API is made of. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) warmer: Arc<Warmer>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) fills: Fills,
    pub(crate) sources: Arc<Sources>,
    pub(crate) clock: SharedClock,
    pub(crate) client_bytes: ClientBytes,
}

impl Api {
    /// Its endpoints.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/v1/warm", post(warm::begin).get(warm::list))
            .route("/v1/warm/{id}", get(warm::show))
            .route("/v1/pins", delete(pins::end).get(pins::list))
            .route("/v1/status", get(status::show))
            .route("/v1/gc", post(gc::run))
            .route("/v1/verify", post(verify::begin).get(verify::show))
            .fallback(async || Problem::unknown_path())
            .method_not_allowed_fallback(async || Problem::wrong_method())
            .layer(middleware::from_fn(refuse_browsers))
            .with_state(self)
    }
}

/// A page that somebody has open on the same computer must not steer the mirror. Browsers say where a page
/// comes from with everything but the plainest GET, whose answer they keep from the page.
async fn refuse_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key("origin") {
        return Problem::foreign_origin().into_response();
    }
    next.run(request).await
}
