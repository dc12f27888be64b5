//! Whether nodes pull images, under the names by which this configuration has them pulled, and a machine starts.

use domain::cause::Code;
use domain::check::Check;

use super::Doctor;
use super::trial::{Made, Unmade};

const MACHINE: &str = "machine";
const IMAGE: &str = "image";

/// A machine that is nothing but the agent.
pub(super) async fn first(doctor: &Doctor) -> (Check, Option<Made>) {
    let image = &doctor.config.agent_image;
    match doctor.trial.machine(doctor, "main", image, false).await {
        Ok(made) => (Check::good(MACHINE, runs(&made)), Some(made)),
        Err(unmade) => (bad(MACHINE, image, &unmade), None),
    }
}

/// A machine of an image that templates name.
pub(super) async fn check(doctor: &Doctor, image: &str) -> Check {
    // A name of its own for each image.
    let name =
        format!("image-{:x}", image.bytes().fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(byte)));
    match doctor.trial.machine(doctor, &name, image, false).await {
        Ok(made) => Check::good(IMAGE, format!("{image}: {}", runs(&made))),
        Err(unmade) => bad(IMAGE, image, &unmade),
    }
}

fn runs(made: &Made) -> String {
    let node = made.pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("a node");
    format!("runs on {node} after {:.1} s", made.took.as_secs_f64())
}

fn bad(name: &'static str, image: &str, unmade: &Unmade) -> Check {
    Check::bad(name, format!("{image} does not run: {}", unmade.words), remedy(unmade.cause))
}

pub(super) fn remedy(cause: Option<Code>) -> &'static str {
    match cause {
        Some(Code::ImageMissing) => {
            "push the image, or correct its name, kubernetes.registry_mirrors and kubernetes.default_registry"
        }
        Some(Code::ImageDenied) => "name a secret with credentials in kubernetes.image_pull_secret",
        Some(Code::ImagePullSlow) => {
            "see from a node whether it reaches the registry; with the mirror: `region mirror hosts` and its Service"
        }
        Some(Code::NoCapacity) => "make room on the nodes, or raise the namespace's quota",
        Some(Code::AdmissionDenied) => "make an exception from that rule for the namespace of the sandboxes",
        Some(Code::VolumeUnavailable) => "see what the volume waits for: kubectl describe its claim",
        Some(Code::CommandNotFound) => "the image must hold the program /agent: push it by `make images`",
        _ => "look at the events of the namespace: kubectl get events",
    }
}
