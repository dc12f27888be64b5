//! `region mirror warm`.

use std::time::Duration;

use indicatif::BinaryBytes;
use registry_mirror::api::{ImageProgress, Job, WarmRequest, WarmState};
use serde_json::{Value, json};

use super::MirrorAddress;
use super::bar::Bars;
use crate::Error;
use crate::api::{Api, read};
use crate::command::Invocation;
use crate::output::table::table;

/// Between two looks at the job.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// What to fetch.
#[derive(Debug, clap::Args)]
pub struct WarmArgs {
    /// Images, such as debian:12 or ghcr.io/a/b@sha256:…
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<String>,
    /// os/architecture[/variant], of images that have several; may repeat [default: linux/amd64]
    #[arg(long = "platform", value_name = "PLATFORM")]
    pub platforms: Vec<String>,
    /// Keep them until then whatever happens, as in 2030-01-31T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub pin_until: Option<String>,
    /// Come back at once; the mirror goes on by itself
    #[arg(long)]
    pub no_wait: bool,
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Asks for it, and shows how far it is.
pub(super) async fn run(invocation: &Invocation, args: WarmArgs) -> Result<(), Error> {
    let api = args.mirror.api(invocation)?;
    let wish = WarmRequest { images: args.images, platforms: args.platforms, pin_until: args.pin_until };
    let mut answer = api.post("/v1/warm", &json!(wish)).await?;
    if !args.no_wait {
        answer = follow(invocation, &api, answer).await?;
    }
    let job: Job = read("POST /v1/warm", &answer)?;
    invocation.output.print(&answer, || human(&job))?;
    let failed = job.images.iter().filter(|image| image.state == WarmState::Failed).count();
    if failed == 0 {
        Ok(())
    } else {
        Err(Error::Failed(format!("{failed} of {} images failed", job.images.len())))
    }
}

async fn follow(invocation: &Invocation, api: &Api, mut answer: Value) -> Result<Value, Error> {
    let mut bars = Bars::new(invocation);
    loop {
        let job: Job = read("GET /v1/warm", &answer)?;
        for (at, image) in job.images.iter().enumerate() {
            bars.show(at, &image.image, (image.done_bytes, image.total_bytes), state(image));
        }
        if job.has_ended() {
            return Ok(answer);
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
        answer = api.get(&format!("/v1/warm/{}", job.id)).await?;
    }
}

const fn state(image: &ImageProgress) -> &'static str {
    match image.state {
        WarmState::Waiting => "waiting",
        WarmState::Filling => "filling",
        WarmState::Complete => "complete",
        WarmState::Failed => "failed",
    }
}

fn human(job: &Job) -> String {
    let rows = job.images.iter().map(|image| {
        let bytes = format!("{} / {}", BinaryBytes(image.done_bytes), BinaryBytes(image.total_bytes));
        [image.image.clone(), state(image).to_owned(), bytes, image.error.clone().unwrap_or_default()]
    });
    table(["image", "state", "bytes", "error"], rows.collect(), "no images")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_says_why() {
        let image = ImageProgress {
            image: "docker.io/library/a:1".to_owned(),
            state: WarmState::Failed,
            done_bytes: 1024,
            total_bytes: 2048,
            error: Some("hub has no such content".to_owned()),
        };
        let job = Job { id: 1, created_ms: 0, ended_ms: Some(1), images: vec![image] };
        let shown = human(&job);
        assert!(shown.contains("failed  1.00 KiB / 2.00 KiB  hub has no such content"), "{shown}");
    }
}
