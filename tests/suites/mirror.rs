//! The registry mirror's own program against a scripted upstream: what nodes and real clients see.

mod budget;
mod cli;
mod client_side;
mod clients;
mod clock;
mod conformance;
mod fallback;
mod faults;
mod flipped;
mod kill;
mod own_side;
mod room;
mod tokens;
mod wrong;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use registry_mirror::testing::{FakeHub, FakeImage, ImageSpec};
use tests::mirror::{Node, Upstream};

const HUB: &str = "docker.io";
const KIB: usize = 1024;

/// Images `library/image-0` and so on with the tag `1`, in the hub.
fn fill(hub: &FakeHub, count: u64, layers_bytes: &[usize]) -> Vec<FakeImage> {
    let images: Vec<_> = (0..count).map(|seed| FakeImage::new(&ImageSpec::new(seed, layers_bytes))).collect();
    for (at, image) in images.iter().enumerate() {
        hub.add(&repository(at), "1", image);
    }
    images
}

fn repository(at: usize) -> String {
    format!("library/image-{at}")
}

fn nodes(count: usize, mirror: &str, upstream: &Upstream) -> Vec<Arc<Node>> {
    (0..count).map(|_| Arc::new(Node::new(mirror, HUB, upstream).unwrap())).collect()
}

/// One of the nodes' counts, added up.
fn sum(nodes: &[Arc<Node>], count: impl Fn(&Node) -> &AtomicU64) -> u64 {
    nodes.iter().map(|node| count(node).load(Ordering::Relaxed)).sum()
}
