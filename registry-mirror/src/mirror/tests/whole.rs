//! Whatever happens, an image that the report calls complete is complete.

use super::*;
use crate::bounds::Evict as _;
use crate::catalog::Pin;

const IMAGES: [&str; 4] = ["lab:1", "lab:2", "one/app:1", "ghcr.io/two/tool:1"];
const CASES: u64 = 60;
const STEPS: usize = 24;

/// xorshift64*: the same seed gives the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }
}

#[tokio::test]
async fn what_is_reported_complete_is_complete() {
    for seed in 1..=CASES {
        let mut world = World::open();
        for (at, image) in (0..).zip(IMAGES) {
            let Image { name, reference } = image.parse().unwrap();
            // Two of the four share their layers.
            let layers = if at % 2 == 0 { [3000, 9000] } else { [5000, 9000] };
            // The last one lies in an index within an index.
            let indexes = if at == 3 { 2 } else { 0 };
            let image = FakeImage::new(&ImageSpec::new(at / 2, &layers)).nested(indexes);
            world.hub.add(name.repository.as_str(), &reference.to_string(), &image);
        }
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..STEPS {
            world = step(world, &mut dice).await;
            if world.disk.is_dead() {
                world = crash(world, &mut dice).await;
            }
            check(&world, seed).await;
        }
    }
}

async fn step(world: World, dice: &mut Dice) -> World {
    world.clock.set_ms(world.clock.now_ms() + 1000);
    let image = IMAGES[usize::try_from(dice.roll(4)).unwrap()];
    let now_ms = world.clock.now_ms();
    match dice.roll(10) {
        0..=3 => drop(world.pull(image).await),
        // A pull that is given up.
        4 => {
            tokio::select! {
                biased;
                _ = world.pull(image) => {}
                () = steps_of(dice.roll(30)) => {}
            }
        }
        5 => drop(world.evictor.free(dice.roll(40_000)).await),
        6 => world.catalog.pin(&Pin { image: image.parse().unwrap(), until_ms: now_ms + 5000 }).unwrap(),
        7 => drop(world.catalog.unpin(&image.parse().unwrap()).unwrap()),
        8 => {
            world.hub.trouble_times(Trouble::Cut { after_bytes: dice.roll(9000) }, 2);
            drop(world.pull(image).await);
            world.hub.heal();
        }
        _ => return crash(world, dice).await,
    }
    world
}

async fn steps_of(count: u64) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// The power goes in the midst of a pull or an eviction, and comes back.
async fn crash(world: World, dice: &mut Dice) -> World {
    let image = IMAGES[usize::try_from(dice.roll(4)).unwrap()];
    tokio::select! {
        biased;
        _ = world.pull(image) => {}
        () = steps_of(dice.roll(40)) => {}
    }
    let World { hub, clock, catalog, mirror, evictor, disk, folder } = world;
    let (place, known) = (Arc::downgrade(mirror.fills.place()), Arc::downgrade(&catalog));
    drop((mirror, evictor, catalog));
    // What runs on other threads ends after its owners.
    while place.strong_count() + known.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    disk.cut_power(&blobs_in(folder.path()), || dice.roll(u64::MAX)).unwrap();
    // Every third life ends by itself; opening alone takes fewer steps than the shortest of them.
    let plan = if dice.roll(3) == 0 { Plan::dies_after(100 + dice.roll(200)) } else { Plan::default() };
    World::open_in(folder, clock, hub, plan, Limits::default())
}

async fn check(world: &World, seed: u64) {
    let complete = |image: &ImageReport| image.platforms.iter().any(|platform| platform.complete);
    world.hub.trouble(Trouble::Down);
    for image in world.report().iter().filter(|image| complete(image)) {
        let pulled = world.pull(&image.image).await;
        assert!(pulled.is_ok(), "seed {seed}: {} was reported complete: {pulled:?}", image.image);
    }
    world.hub.heal();
}
