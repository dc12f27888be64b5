use proptest::prelude::*;

use super::*;
use crate::digest::Algorithm;
use crate::graph::Node;
use crate::manifest::{Child, Link};

fn digest(text: &str) -> Digest {
    Digest::of(Algorithm::Sha256, text.as_bytes())
}

fn link(text: &str) -> Link {
    Link { digest: digest(text), size: 10 }
}

fn image(used_ms: u64, blobs: &[&str]) -> Node {
    Node { used_ms, blobs: blobs.iter().map(|text| link(text)).collect(), ..Node::default() }
}

fn entry(text: &str, in_use: bool) -> Entry {
    Entry { digest: digest(text), size: 10, in_use }
}

fn free(bytes: u64) -> Wanted {
    Wanted { bytes, catalog_bytes: 0 }
}

fn two_images() -> (Graph, Vec<Entry>) {
    let nodes = [(digest("old"), image(1, &["base", "a"])), (digest("new"), image(2, &["base", "b"]))];
    let stored = ["base", "a", "b"].map(|text| entry(text, false));
    (Graph { nodes: nodes.into(), ..Graph::default() }, stored.into())
}

#[test]
fn the_longest_unused_image_goes_and_the_layer_that_another_needs_stays() {
    let (graph, stored) = two_images();
    let victims = choose(&graph, &stored, free(5));
    assert_eq!(victims.manifests, [digest("old")].into());
    assert_eq!(victims.blobs, [(digest("a"), 10)].into());
}

#[test]
fn what_nobody_needs_goes_before_any_image() {
    let (graph, mut stored) = two_images();
    stored.push(entry("orphan", false));
    let victims = choose(&graph, &stored, free(10));
    assert!(victims.manifests.is_empty());
    assert_eq!(victims.blobs, [(digest("orphan"), 10)].into());
}

#[test]
fn pinned_images_and_open_blobs_stay() {
    let (mut graph, mut stored) = two_images();
    graph.pinned.insert(digest("old"));
    stored[2].in_use = true;
    let victims = choose(&graph, &stored, free(1000));
    assert_eq!(victims.manifests, [digest("new")].into());
    assert!(victims.blobs.is_empty());
}

#[test]
fn an_index_goes_with_its_last_image() {
    let (mut graph, stored) = two_images();
    let child = |text| Child { link: link(text), platform: Some("linux/amd64".to_owned()) };
    let index = |children| Node { children, ..Node::default() };
    graph.nodes.insert(digest("both"), index(vec![child("old"), child("new"), child("elsewhere")]));
    graph.nodes.insert(digest("one"), index(vec![child("old")]));
    let victims = choose(&graph, &stored, free(5));
    assert_eq!(victims.manifests, [digest("old"), digest("one")].into());
}

#[test]
fn an_index_of_which_no_image_is_kept_goes_like_an_image() {
    let (mut graph, stored) = two_images();
    let child = Child { link: link("elsewhere"), platform: None };
    let index = Node { children: vec![child], used_ms: 1, catalog_bytes: 5, ..Node::default() };
    graph.nodes.insert(digest("index"), index);
    graph.nodes.get_mut(&digest("old")).unwrap().used_ms = 3;
    graph.nodes.get_mut(&digest("new")).unwrap().used_ms = 2;
    let victims = choose(&graph, &stored, free(5));
    assert_eq!((victims.manifests, victims.blobs.len()), ([digest("index")].into(), 0));
}

#[test]
fn the_catalogue_alone_may_be_what_is_too_large() {
    let (mut graph, stored) = two_images();
    graph.nodes.values_mut().for_each(|node| node.catalog_bytes = 100);
    let victims = choose(&graph, &stored, Wanted { bytes: 0, catalog_bytes: 50 });
    assert_eq!((victims.manifests.clone(), victims.bytes()), ([digest("old")].into(), 110));
    assert_eq!(unneeded(&graph, &victims), [digest("a")].into(), "another needs the base");
    assert_eq!(choose(&graph, &stored, free(100)).manifests, [digest("old")].into(), "its manifest counts");
}

#[test]
fn what_pins_keep_is_known() {
    let (mut graph, stored) = two_images();
    assert_eq!(pinned_bytes(&graph, &stored), 0);
    graph.nodes.values_mut().for_each(|node| node.catalog_bytes = 7);
    graph.pinned.insert(digest("old"));
    assert_eq!(pinned_bytes(&graph, &stored), 27);
    graph.pinned.insert(digest("new"));
    assert_eq!(pinned_bytes(&graph, &stored), 44, "the base counts once");
}

proptest! {
    /// Whatever goes, an image that stays keeps every blob it had, and what is pinned or read stays.
    #[test]
    fn images_that_stay_stay_whole(
        images in prop::collection::vec((0_u64..9, prop::collection::btree_set(0_u8..12, 0..5), any::<bool>()), 0..8),
        open in prop::collection::btree_set(0_u8..12, 0..4),
        bytes in 0_u64..200,
    ) {
        let names: Vec<_> = (0..12).map(|n| format!("blob {n}")).collect();
        let mut graph = Graph::default();
        for (n, (used_ms, blobs, pinned)) in images.iter().enumerate() {
            let texts: Vec<_> = blobs.iter().map(|n| &*names[usize::from(*n)]).collect();
            graph.nodes.insert(digest(&n.to_string()), image(*used_ms, &texts));
            if *pinned {
                graph.pinned.insert(digest(&n.to_string()));
            }
        }
        let stored: Vec<_> = (0..12).map(|n| entry(&names[usize::from(n)], open.contains(&n))).collect();
        let victims = choose(&graph, &stored, free(bytes));
        for (kept, node) in graph.nodes.iter().filter(|(kept, _)| !victims.manifests.contains(*kept)) {
            prop_assert!(node.blobs.iter().all(|blob| !victims.blobs.contains_key(&blob.digest)), "{kept}");
        }
        prop_assert!(graph.pinned.iter().all(|pinned| !victims.manifests.contains(pinned)));
        prop_assert!(stored.iter().all(|entry| !entry.in_use || !victims.blobs.contains_key(&entry.digest)));
        let all_that_may_go = graph.pinned.is_empty() && open.is_empty();
        prop_assert!(!all_that_may_go || victims.bytes() >= bytes.min(120));
    }
}
