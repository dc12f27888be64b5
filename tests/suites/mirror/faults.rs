//! What a node sees of an upstream's faults: it is served as if nothing were, or it goes elsewhere, and never has
//! wrong bytes in the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::testing::hub::{FakeHub, HubOptions, Tls};
use registry_mirror::testing::{FakeImage, ImageSpec, Trouble};
use reqwest::StatusCode;
use tests::mirror::{MirrorProcess, Node, Upstream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{HUB, KIB};

const LAYERS_BYTES: [usize; 2] = [800 * KIB, 30 * KIB];
const REPOSITORY: &str = "library/image";
const CASE_MAX: Duration = Duration::from_secs(60);
const TRIES: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing: the mirror rides it out.
    Nothing,
    /// That the mirror cannot help, by a 502: the node pulls from the registry itself.
    Elsewhere,
}

/// An upstream's fault, and what a node sees of it.
struct Case {
    name: &'static str,
    options: HubOptions,
    /// Where the mirror looks for the upstream, when not where it is.
    url: Option<&'static str>,
    trouble: Option<(Trouble, Option<u32>)>,
    seen: Seen,
}

impl Case {
    fn passing(name: &'static str, trouble: Trouble, times: Option<u32>) -> Self {
        let options = HubOptions::default();
        Self { name, options, url: None, trouble: Some((trouble, times)), seen: Seen::Nothing }
    }

    fn lasting(name: &'static str, trouble: Trouble) -> Self {
        Self { seen: Seen::Elsewhere, ..Self::passing(name, trouble, None) }
    }

    fn tls(name: &'static str, tls: Tls) -> Self {
        let options = HubOptions { tls: Some(tls), ..HubOptions::default() };
        Self { name, options, url: None, trouble: None, seen: Seen::Elsewhere }
    }

    fn nowhere(name: &'static str, url: &'static str) -> Self {
        Self { name, options: HubOptions::default(), url: Some(url), trouble: None, seen: Seen::Elsewhere }
    }

    /// Blobs come without a length, so that nobody knows it before their end, and each is cut once.
    fn chunked() -> Self {
        let options = HubOptions { chunked: true, ..HubOptions::default() };
        Self {
            options,
            ..Self::passing("cut without a length", Trouble::Cut { after_bytes: 100_000 }, Some(2))
        }
    }
}

fn cases() -> Vec<Case> {
    let limited =
        |retry_after: Option<u64>| Trouble::Limited { retry_after: retry_after.map(Duration::from_secs) };
    vec![
        Case::passing("500 burst", Trouble::ServerError, Some(2)),
        Case::passing("429 without Retry-After", limited(None), Some(1)),
        Case::passing("429 with Retry-After", limited(Some(1)), Some(1)),
        Case::passing("slow", Trouble::Slow { bytes_per_s: 400_000 }, None),
        Case::passing("cut", Trouble::Cut { after_bytes: 100_000 }, Some(1)),
        Case::passing("cut on each retry", Trouble::Cut { after_bytes: 150_000 }, None),
        Case::passing("stalled", Trouble::Stalled { after_bytes: 50_000 }, Some(1)),
        Case::chunked(),
        Case::passing("too long, for a while", Trouble::TooLong, Some(1)),
        Case::passing("another range", Trouble::WrongRange, Some(1)),
        Case::passing("without ranges", Trouble::IgnoredRange, None),
        Case::passing("without HEAD", Trouble::NoHead, None),
        Case::lasting("down", Trouble::Down),
        Case::lasting("hanging", Trouble::Hanging),
        Case::nowhere("a name that does not resolve", "http://no-such-registry.invalid"),
        Case::nowhere("a closed port", "http://127.0.0.1:1"),
        Case::lasting("redirect loop", Trouble::RedirectLoop),
        Case::lasting("wrong manifest", Trouble::WrongManifest),
        Case::tls("another name's certificate", Tls::WrongName),
        Case::tls("another authority's certificate", Tls::Untrusted),
    ]
}

#[tokio::test]
async fn faults_of_an_upstream_are_ridden_out_or_gone_round() {
    let mut running = JoinSet::new();
    for case in cases() {
        let name = case.name;
        running.spawn(async move { (name, timeout(CASE_MAX, outcome(case)).await) });
    }
    let mut bad = Vec::new();
    while let Some(ended) = running.join_next().await {
        let (name, outcome) = ended.unwrap();
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(text)) => bad.push(format!("{name}: {text}")),
            Err(_) => bad.push(format!("{name}: does not end")),
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

async fn outcome(case: Case) -> Result<(), String> {
    let image = FakeImage::new(&ImageSpec::new(1, &LAYERS_BYTES));
    let [hub, elsewhere] = [case.options, HubOptions::default()].map(FakeHub::start);
    let (hub, elsewhere) = (hub.await.unwrap(), elsewhere.await.unwrap());
    hub.add(REPOSITORY, "1", &image);
    elsewhere.add(REPOSITORY, "1", &image);
    let mut upstream = hub.upstream("hub", HUB);
    upstream.idle_timeout_ms = 1_000;
    if matches!(case.trouble, Some((Trouble::Hanging, _))) {
        upstream.headers_timeout_ms = 1_000;
    }
    if let Some(url) = case.url {
        upstream.url = url.to_owned();
    }
    let mirror = MirrorProcess::start(vec![upstream], &|_| {}).await.unwrap();
    match case.trouble {
        Some((trouble, Some(times))) => hub.trouble_times(trouble, times),
        Some((trouble, None)) => hub.trouble(trouble),
        None => {}
    }
    if case.seen == Seen::Elsewhere {
        let status = status(&mirror).await;
        // Anything but 404 and 429 is the end of a mirror's turn; 401 would ask for a password that nodes have not.
        if status != StatusCode::BAD_GATEWAY {
            return Err(format!("answers {status}"));
        }
    }
    let node = Arc::new(Node::new(&mirror.url(), HUB, &Upstream::Url(elsewhere.url())).unwrap());
    let digest = node.pull_until_there(REPOSITORY, "1", TRIES).await.map_err(|error| error.to_string())?;
    assert_eq!(digest, image.root.digest);
    let (fallbacks, wrong) = (&node.counts.fallbacks, &node.counts.wrong);
    let (fallbacks, wrong) = (fallbacks.load(Ordering::Relaxed), wrong.load(Ordering::Relaxed));
    let limited = node.counts.limited.load(Ordering::Relaxed);
    let expected = (case.seen == Seen::Elsewhere) == (fallbacks > 0);
    let found = format!("{:?} was expected; {:?}\n{}", case.seen, node.counts, mirror.log());
    if expected && wrong == 0 && limited == 0 { Ok(()) } else { Err(found) }
}

/// What a node is told first.
async fn status(mirror: &MirrorProcess) -> StatusCode {
    let url = format!("{}/v2/{REPOSITORY}/manifests/1?ns={HUB}", mirror.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().status()
}
