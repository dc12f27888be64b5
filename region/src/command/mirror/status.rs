//! `region mirror status`.

use indicatif::BinaryBytes;
use registry_mirror::api::{ImageReport, PlatformReport, Status};

use super::MirrorAddress;
use crate::Error;
use crate::api::read;
use crate::command::Invocation;
use crate::output::table::{fields, table};

/// Which mirror.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Prints the report.
pub(super) async fn run(invocation: &Invocation, args: &StatusArgs) -> Result<(), Error> {
    let answer = args.mirror.api(invocation)?.get("/v1/status").await?;
    let status: Status = read("GET /v1/status", &answer)?;
    invocation.output.print(&answer, || human(&status))
}

fn human(status: &Status) -> String {
    let rows = status.images.iter().flat_map(|image| image.platforms.iter().map(move |of| row(image, of)));
    let header = ["image", "platform", "without upstream", "here", "pinned"];
    let images = table(header, rows.collect(), "no image was asked for yet\n");
    format!("{images}\n{}", fields(amounts(status)))
}

fn row(image: &ImageReport, platform: &PlatformReport) -> [String; 5] {
    let starts = match platform.missing.len() {
        0 => "starts".to_owned(),
        missing => format!("lacks {missing} blobs"),
    };
    let here = format!("{} / {}", BinaryBytes(platform.present_bytes), BinaryBytes(platform.total_bytes));
    let pinned = if image.pinned { "yes" } else { "" };
    [image.image.clone(), platform.platform.clone(), starts, here, pinned.to_owned()]
}

fn amounts(status: &Status) -> Vec<(&'static str, String)> {
    let (disk, traffic) = (&status.disk, &status.traffic);
    let taken = disk.sealed_bytes + disk.partial_bytes + disk.quarantine_bytes + disk.catalog_bytes;
    let mut rows = vec![
        ("disk", format!("{} of {}", BinaryBytes(taken), BinaryBytes(disk.budget_bytes))),
        ("to clients", BinaryBytes(traffic.client_bytes).to_string()),
        ("from upstreams", BinaryBytes(traffic.upstream_bytes).to_string()),
        ("saved", format!("{:.1} bytes sent for each one fetched", traffic.stampede_ratio)),
        ("downloads", traffic.fills_running.to_string()),
    ];
    for upstream in &status.upstreams {
        let left = format!("{} of {} pulls left at {}", upstream.remaining, upstream.limit, upstream.name);
        rows.push(("rate budget", left));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_seen() {
        let platform = PlatformReport {
            platform: "linux/amd64".to_owned(),
            complete: false,
            present_bytes: 0,
            total_bytes: 1024,
            missing: vec!["sha256:1".to_owned()],
        };
        let image = ImageReport {
            image: "docker.io/library/a:1".to_owned(),
            digest: String::new(),
            pinned: true,
            used_ms: 0,
            platforms: vec![platform],
        };
        let row = row(&image, &image.platforms[0]);
        assert_eq!(row[1..], ["linux/amd64", "lacks 1 blobs", "0 B / 1.00 KiB", "yes"].map(str::to_owned));
    }
}
