use super::scripted::{absent, denied, limited};
use super::*;

/// Every kind of misbehaviour, in random order and amount; `honest` leaves out what changes content.
fn act(random: &mut Random, length: u64, honest: bool) -> Act {
    let some = usize::try_from(random.below(length + 1)).unwrap();
    match random.below(if honest { 8 } else { 11 }) {
        0..=2 => Act::Cut(some),
        3 => Act::Short(some),
        4 => Act::Stall(some),
        5 => Act::IgnoreRange,
        6 => Act::Refuse(limited(None)),
        7 => Act::Hang,
        8 => Act::Flip(some.saturating_sub(1)),
        9 => Act::Length(random.below(length * 2)),
        _ => Act::Refuse(if random.below(2) == 0 { absent() } else { denied() }),
    }
}

fn source(random: &mut Random, name: &str, content: &Content, honest: bool) -> Arc<Scripted> {
    let (count, length) = (random.below(6), content.bytes.len() as u64);
    let acts: Vec<_> = (0..count).map(|_| act(random, length, honest)).collect();
    Scripted::new(name, content, acts)
}

/// A reader at a random offset: right bytes to the end, or an end before it.
async fn reader(fills: Fills, content: Content, origins: Vec<Origin>, from: u64) -> bool {
    let Ok(mut blob) = fills.blob(&content.digest, &origins).await else { return false };
    if blob.size() <= from {
        return false;
    }
    let Ok(read) = read_from(&mut blob, from).await else { return false };
    assert_eq!(read, content.bytes[usize::try_from(from).unwrap()..], "a complete read is right");
    true
}

async fn case(seed: u64) {
    let mut random = Random(seed);
    let length = usize::try_from(1 + random.below(60_000)).unwrap();
    let (world, content) = (World::new(), Content::new(seed, length));
    let honest = source(&mut random, "honest", &content, true);
    let liar = source(&mut random, "liar", &content, false);
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let from = random.below(content.bytes.len() as u64);
        let named = if random.below(2) == 0 { origins(&[&liar, &honest]) } else { origins(&[&honest]) };
        readers.spawn(reader(world.fills.clone(), content.clone(), named, from));
    }
    readers.join_all().await;
    // The honest one runs out of faults, so in the end it works.
    let mut tries = 0;
    while !reader(world.fills.clone(), content.clone(), origins(&[&honest]), 0).await {
        tries += 1;
        assert!(tries < 20, "seed {seed}");
    }
    world.quiet().await;
    let stored = world.fills.stored(&content.digest).await;
    assert_eq!(read_from(&mut stored.unwrap(), 0).await, Ok(content.bytes.to_vec()), "seed {seed}");
    let usage = world.folder.usage();
    assert_eq!((usage.sealed_bytes, usage.partial_bytes), (content.bytes.len() as u64, 0), "seed {seed}");
    assert_eq!(world.fills.bounds().flight.load(), crate::bounds::Load::default(), "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn whatever_upstreams_do_a_completed_read_is_right() {
    for seed in 0..200 {
        case(seed).await;
    }
}

fn fills_on(folder: &Folder) -> Fills {
    let place: Arc<dyn Place> = Arc::new(folder.clone());
    Fills::new(Arc::clone(&place), Bounds::new(Limits::default(), place, Arc::new(KeepAll)))
}

/// A process that fills two blobs until its disk dies or it is dropped in the midst of something.
async fn life(random: &mut Random, root: &std::path::Path, hubs: &[(Content, Arc<Scripted>)]) {
    let dies_after = (random.below(2) == 0).then(|| random.below(60));
    let disk = CrashDisk::new(Plan { dies_after, ..Plan::default() });
    let Ok(folder) = open_when_free(Arc::new(disk), root).await else { return };
    let fills = fills_on(&folder);
    let mut readers = tokio::task::JoinSet::new();
    for (content, hub) in hubs {
        readers.spawn(reader(fills.clone(), content.clone(), origins(&[hub]), 0));
    }
    let until = std::time::Duration::from_micros(random.below(3000));
    let _cut = tokio::time::timeout(until, async { while readers.join_next().await.is_some() {} }).await;
    readers.shutdown().await;
}

/// The folder, once the writes that were under way have ended and let go of it.
async fn open_when_free(disk: Arc<dyn Disk>, root: &std::path::Path) -> Result<Folder, crate::place::Error> {
    loop {
        match Folder::open_on(Arc::clone(&disk), root) {
            Err(crate::place::Error::Locked { .. }) => tokio::task::yield_now().await,
            opened => return Ok(opened?.0),
        }
    }
}

#[tokio::test]
async fn a_process_that_ends_anywhere_is_continued_by_the_next() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let root = tempfile::tempdir().unwrap();
        let hubs: Vec<_> = (0..2)
            .map(|number| Content::new(seed * 2 + number, 150_000))
            .map(|content| (content.clone(), Scripted::new("hub", &content, [])))
            .collect();
        for _ in 0..random.below(6) {
            life(&mut random, root.path(), &hubs).await;
        }
        let folder = open_when_free(quick_disk(), root.path()).await.unwrap();
        for entry in folder.list() {
            let content = &hubs.iter().find(|(content, _)| content.digest == entry.digest).unwrap().0;
            let mut stored = fills_on(&folder).stored(&entry.digest).await.unwrap();
            assert_eq!(read_from(&mut stored, 0).await.unwrap(), content.bytes, "seed {seed}");
        }
        for (content, hub) in &hubs {
            assert_eq!(fills_on(&folder).complete(&content.digest, &origins(&[hub])).await, Ok(150_000));
        }
        assert_eq!(folder.usage(), crate::place::Usage { sealed_bytes: 300_000, ..Default::default() });
    }
}
