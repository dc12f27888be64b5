//! Where real nodes go when the mirror says no: to the registry itself, by each code that it answers and when it is
//! gone. Each fault meets all clients at once, each of which has an image to pull.

use std::time::Duration;

use futures_util::future::join_all;
use registry_mirror::testing::hub::{FakeHub, HubOptions, Tls};
use registry_mirror::testing::{FakeImage, Trouble};
use tests::mirror::{Client, Clients, Image, MirrorProcess};

use super::{KIB, fill, repository};

/// crane has no configuration of mirrors, and so no next host.
const CLIENTS: [Client; 4] =
    [Client::ContainerdOfDebian, Client::Containerd2, Client::Skopeo, Client::Buildah];
const LAYERS_BYTES: [usize; 2] = [600 * KIB, 20 * KIB];
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    hub: FakeHub,
    /// The registry itself, as nodes reach it.
    registry: FakeHub,
    images: Vec<FakeImage>,
    mirror: MirrorProcess,
    clients: Clients,
}

impl World {
    /// The mirror's upstream has all of the registry's images but the first.
    async fn new(images: u64) -> Self {
        let options = HubOptions { tls: Some(Tls::Good), ..HubOptions::default() };
        let registry = FakeHub::start(options).await.unwrap();
        let hub = FakeHub::start(HubOptions::default()).await.unwrap();
        let images = fill(&registry, images, &LAYERS_BYTES);
        for (at, image) in images.iter().enumerate().skip(1) {
            hub.add(&repository(at), "1", image);
        }
        let name = registry.address().to_string();
        let mirror = MirrorProcess::start(vec![hub.upstream("hub", &name)], &|_| {}).await.unwrap();
        let ca_file = registry.upstream("itself", &name).ca_file;
        let address = mirror.address().to_string();
        let clients = Clients::start(&address, vec![name.parse().unwrap()], ca_file).await.unwrap();
        Self { hub, registry, images, mirror, clients }
    }

    /// All clients pull an image; answers what went wrong.
    async fn pull(&self, at: usize) -> Vec<String> {
        let (registry, repository) = (self.registry.address().to_string(), repository(at));
        let image = Image {
            registry: &registry,
            repository: &repository,
            tag: "1",
            digest: &self.images[at].root.digest,
        };
        let turn = format!("image-{at}");
        let pulls = CLIENTS.map(|client| {
            let (turn, image) = (&turn, &image);
            async move {
                let pulled = self.clients.pull(client, image, turn).await;
                pulled.err().map(|error| format!("{client:?}: {error:#}"))
            }
        });
        join_all(pulls).await.into_iter().flatten().collect()
    }
}

/// What the mirror does while all clients pull.
enum Way {
    /// It has never heard of the image, which is the first.
    Absent,
    /// Its upstream is in trouble.
    Trouble(Trouble),
    /// It does not run.
    Gone,
}

/// Two mirrors side by side, because a node is kept waiting for a while where the fault may pass.
#[tokio::test]
async fn real_clients_go_to_the_registry_itself_when_the_mirror_says_no_or_is_gone() {
    let limited = Trouble::Limited { retry_after: Some(HOUR) };
    let denied = Trouble::Denied;
    let one = vec![("404", Way::Absent), ("403", Way::Trouble(denied)), ("502", Way::Trouble(Trouble::Down))];
    let other = vec![("404", Way::Absent), ("503", Way::Trouble(limited)), ("gone", Way::Gone)];
    tokio::join!(go_by(one), go_by(other));
}

async fn go_by(ways: Vec<(&str, Way)>) {
    let mut world = World::new(ways.len() as u64).await;
    for (at, (name, way)) in ways.into_iter().enumerate() {
        world.hub.heal();
        match way {
            Way::Absent => {}
            Way::Trouble(trouble) => world.hub.trouble(trouble),
            Way::Gone => world.mirror.kill().await.unwrap(),
        }
        let before = world.registry.counts().manifest_gets;
        let bad = world.pull(at).await;
        assert!(bad.is_empty(), "{name}: {}\n{}", bad.join("\n"), world.mirror.log());
        let pulled = world.registry.counts().manifest_gets - before;
        assert!(pulled >= CLIENTS.len() as u64, "{name}: {pulled} pulls came to the registry");
    }
    world.clients.stop().await.unwrap();
}

/// Who comes first has beginnings of wrong blobs, and who comes after goes to the registry: each client judges what it has by
/// its digest. Beginnings are shaken off: at the latest the pull after the next is right.
#[tokio::test]
async fn real_clients_never_complete_wrong_bytes_and_shake_off_what_they_have_of_them() {
    let world = World::new(2).await;
    world.hub.trouble(Trouble::WrongDigest);
    let refused = world.pull(1).await;
    assert!(!refused.is_empty(), "nobody met the wrong bytes");
    world.hub.heal();
    let mut bad = Vec::new();
    for _ in 0..3 {
        bad = world.pull(1).await;
        if bad.is_empty() {
            break;
        }
    }
    assert!(bad.is_empty(), "{}\n{}", bad.join("\n"), world.mirror.log());
    assert!(world.mirror.verify().await.unwrap().wrong.is_empty());
    world.clients.stop().await.unwrap();
}
