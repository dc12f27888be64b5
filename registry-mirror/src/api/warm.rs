//! `POST /v1/warm`, `GET /v1/warm`, `GET /v1/warm/{id}`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::problem::Problem;
use super::{Api, body};
use crate::clock::Milliseconds;
use crate::name::Image;
use crate::warm::{DEFAULT_PLATFORM, IMAGES_MAX, Job, Refusal, Wish};

/// Platforms of one job.
const PLATFORMS_MAX: usize = 16;

/// What to fetch before anybody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmRequest {
    /// As people write them: `debian:12`, `ghcr.io/a/b@sha256:…`.
    pub images: Vec<String>,
    /// `os/architecture[/variant]`; `linux/amd64` when there is none.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Until when the images are kept whatever happens, RFC 3339; not pinned when absent.
    #[serde(default)]
    pub pin_until: Option<String>,
}

pub(super) async fn begin(State(api): State<Api>, bytes: Bytes) -> Result<(StatusCode, Json<Job>), Problem> {
    let wish = wish(body::read(&bytes)?, &api)?;
    match api.warmer.begin(wish) {
        Ok(job) => Ok((StatusCode::ACCEPTED, Json(job))),
        Err(Refusal::Busy) => Err(Problem::busy(&Refusal::Busy)),
        Err(Refusal::Catalog(error)) => Err(Problem::failed(&error)),
    }
}

pub(super) async fn list(State(api): State<Api>) -> Json<Vec<Job>> {
    Json(api.warmer.jobs())
}

pub(super) async fn show(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<Job>, Problem> {
    let job = id.parse().ok().and_then(|id| api.warmer.job(id));
    job.map(Json).ok_or_else(Problem::unknown_job)
}

fn wish(request: WarmRequest, api: &Api) -> Result<Wish, Problem> {
    if request.images.is_empty() || request.images.len() > IMAGES_MAX {
        return Err(Problem::field("images", format!("must be 1 to {IMAGES_MAX} images")));
    }
    let images = request.images.iter().enumerate().map(|(at, text)| image(at, text, api));
    Ok(Wish {
        images: images.collect::<Result<_, _>>()?,
        platforms: platforms(request.platforms)?,
        pin_until_ms: request.pin_until.map(|until| moment(&until, api.clock.now_ms())).transpose()?,
    })
}

fn image(at: usize, text: &str, api: &Api) -> Result<Image, Problem> {
    let field = format!("images[{at}]");
    let image: Image = text.parse().map_err(|error| Problem::field(&field, error))?;
    if api.sources.knows(&image.name.registry) {
        return Ok(image);
    }
    let registry = &image.name.registry;
    Err(Problem::field(&field, format!("{registry} is not among the mirror's upstreams; add it there first")))
}

fn platforms(asked: Vec<String>) -> Result<Vec<String>, Problem> {
    if asked.len() > PLATFORMS_MAX {
        return Err(Problem::field("platforms", format!("must be at most {PLATFORMS_MAX}")));
    }
    if let Some(at) = asked.iter().position(|platform| !is_platform(platform)) {
        let message = "is written os/architecture[/variant], like linux/arm64";
        return Err(Problem::field(&format!("platforms[{at}]"), message));
    }
    Ok(if asked.is_empty() { vec![DEFAULT_PLATFORM.to_owned()] } else { asked })
}

fn is_platform(text: &str) -> bool {
    let fits = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let words = text.split('/').count();
    (2..=3).contains(&words) && text.split('/').all(fits)
}

fn moment(text: &str, now_ms: Milliseconds) -> Result<Milliseconds, Problem> {
    let form = |_| Problem::field("pin_until", "must be a time as in 2030-01-31T08:00:00Z");
    let nanoseconds = OffsetDateTime::parse(text, &Rfc3339).map_err(form)?.unix_timestamp_nanos();
    match Milliseconds::try_from(nanoseconds / 1_000_000) {
        Ok(until_ms) if until_ms > now_ms => Ok(until_ms),
        _ => Err(Problem::field("pin_until", "must lie in the future")),
    }
}
