//! The world of a case, and what an operation does to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::id::{Ref, SandboxId};
use domain::phase::Wanted;
use domain::provider::fake::{Cloud, Fake, Fault, Timing};
use domain::provider::{Error as ProviderError, Exit, Kind, Resource, ResourceId, State, StoreEpoch, Tags};
use domain::random::SeededRandom;
use domain::resources::Resources;
use domain::sandbox::TemplateRef;
use domain::template::version_of;
use domain::time::{Clock, ManualClock, Timestamp};
use futures_util::future::select_all;
use jobrunner::testing::Bug;
use serde_json::{Value, json};
use store::{NewSandbox, Store};

use super::check::Sightings;
use super::leader::{Leader, Start};
use super::op::{FaultKind, Name, Op};

/// Most time between two looks whether all drives have ended or stand still. Real time: it decides nothing.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Where the world's store is.
#[derive(Clone, Debug)]
pub enum Database {
    /// SQLite in memory (a file in a temporary folder when the case restores a backup).
    Sqlite,
    /// A database of this server, made for the case.
    Postgres(&'static store::testing::Postgres),
}

/// What the platform knows of one slot.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: SandboxId,
    pub(super) wanted: Wanted,
}

/// Everything of one case.
#[derive(Debug)]
pub struct World {
    pub(super) clock: Arc<ManualClock>,
    pub(super) cloud: Arc<Cloud>,
    pub(super) store: Store,
    pub(super) leaders: BTreeMap<u8, Leader>,
    pub(super) known: BTreeMap<u8, Known>,
    pub(super) sightings: Sightings,
    pub(super) foreign: Vec<Resource>,
    pub(super) restored: bool,
    pub(super) template: TemplateRef,
    /// Time that has passed, whatever the clock says.
    elapsed_ms: AtomicU64,
    random: Arc<SeededRandom>,
    bug: Bug,
    lives: u64,
    backup: Option<(std::path::PathBuf, BTreeMap<u8, Known>)>,
    folder: tempfile::TempDir,
}

fn template() -> Value {
    json!({"machines":[{"name":"main","runs":{"process":{}},"start_deadline_s":600,
        "resources":{"cpu_millis":1000,"memory_mib":64},"home":{"path":"/home/s","size_mib":16},
        "apps":[{"name":"terminal","kind":"terminal"}]}],
        "policy":{"lifetime_s":2_000_000,"max_lifetime_s":2_000_000}})
}

impl World {
    /// An empty region with room for three of four sandboxes, and a foreign region's machine beside it.
    ///
    /// # Errors
    /// The store could not be made.
    pub async fn new(database: &Database, seed: u64, bug: Bug) -> anyhow::Result<Self> {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(1_800_000_000_000)));
        let random = Arc::new(SeededRandom::new(seed));
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
        let url = match database {
            Database::Sqlite if seed.is_multiple_of(8) => {
                format!("sqlite:{}", folder.path().join("0.db").display())
            }
            Database::Sqlite => "sqlite::memory:".to_owned(),
            Database::Postgres(server) => server.database()?,
        };
        let store = open(&url, &clock, &random).await?;
        let cloud = Cloud::new(clock.clone());
        cloud.set_total(Resources { cpu_millis: 3000, memory_mib: 10_000, disk_mib: 10_000, gpus: 0 });
        cloud.set_timing(Timing { start: Duration::from_millis(300), removal: Duration::from_millis(200) });
        let template = publish(&store).await?;
        let foreign = foreign_machine(&cloud, clock.now())?;
        let mut world = Self {
            clock,
            cloud,
            store,
            leaders: BTreeMap::new(),
            known: BTreeMap::new(),
            sightings: Sightings::default(),
            elapsed_ms: AtomicU64::new(0),
            foreign: vec![foreign],
            restored: false,
            template,
            random,
            bug,
            lives: 0,
            backup: None,
            folder,
        };
        world.restart(Name::A)?;
        world.restart(Name::B)?;
        Ok(world)
    }

    /// Does one operation.
    ///
    /// # Errors
    /// Something failed that must not.
    pub async fn apply(&mut self, op: Op) -> anyhow::Result<()> {
        match op {
            Op::Create(slot) => self.create(slot).await?,
            Op::Stop(slot) => self.command(slot, Wanted::Stopped).await?,
            Op::Start(slot) => self.command(slot, Wanted::Running).await?,
            Op::Delete(slot) => self.command(slot, Wanted::Deleted).await?,
            Op::Reset(slot) => self.reset(slot).await?,
            Op::Tick(name) => self.tick(name).await,
            Op::Restart(name) => self.restart(name)?,
            Op::Fault(call, kind) => self.cloud.script(call, fault(kind)),
            Op::Pause(name) => drop(self.leaders.get(&(name as u8)).map(|leader| leader.pause().arm())),
            Op::Release => {
                self.release();
                self.settle().await;
            }
            Op::LandLate => drop(self.cloud.land_late()),
            Op::Vanish(slot) => self.on_machine(slot, |cloud, machine| cloud.vanish(&machine.id)),
            Op::Orphan => self.orphan()?,
            Op::Exit(slot) => {
                self.on_machine(slot, |cloud, machine| cloud.exit(&machine.id, Exit::default()))
            }
            Op::Advance(ms) => self.pass(Duration::from_millis(ms.into())),
            Op::JumpBack(ms) => self.clock.set(self.clock.now() - Duration::from_millis(ms.into())),
            Op::Backup => self.save().await?,
            Op::Restore => self.restore().await?,
        }
        Ok(())
    }

    /// Lets time pass.
    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.elapsed_ms.fetch_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.load(Ordering::SeqCst))
    }

    async fn create(&mut self, slot: u8) -> anyhow::Result<()> {
        let r#ref: Ref = format!("seat-{slot}").parse()?;
        let new = NewSandbox {
            r#ref,
            tenant: "school".parse()?,
            owner: format!("u-{slot}").parse()?,
            class_id: None,
            template: self.template.clone(),
            labels: BTreeMap::new(),
            parameters: BTreeMap::new(),
            sealed_secrets: None,
            expires_at: None,
            queue_until: None,
            request_digest: format!("digest-{slot}"),
            region: "bj".parse()?,
        };
        let created = self.store.intent().create(new).await.context("create")?;
        let id = created.sandbox.intent.id;
        match self.known.get(&slot) {
            Some(known) if known.wanted != Wanted::Deleted && known.id != id => {
                bail!("a repeated create gave {id} instead of {}", known.id)
            }
            Some(known) if known.id == id => {}
            Some(_) | None => drop(self.known.insert(slot, Known { id, wanted: Wanted::Running })),
        }
        Ok(())
    }

    async fn command(&mut self, slot: u8, wanted: Wanted) -> anyhow::Result<()> {
        let Some(known) = self.known.get_mut(&slot).filter(|known| known.wanted != Wanted::Deleted) else {
            return Ok(());
        };
        let intent = self.store.intent();
        match wanted {
            Wanted::Running => intent.start(&known.id, None).await.map(drop),
            Wanted::Stopped => intent.stop(&known.id, None, false).await.map(drop),
            Wanted::Deleted => intent.delete(&known.id, None).await.map(drop),
        }
        .context("command")?;
        known.wanted = wanted;
        Ok(())
    }

    async fn reset(&mut self, slot: u8) -> anyhow::Result<()> {
        if let Some(known) = self.known.get(&slot).filter(|known| known.wanted != Wanted::Deleted) {
            self.store.intent().reset(&known.id, None, None).await.context("reset")?;
        }
        Ok(())
    }

    /// Whoever stands still goes on.
    pub(super) fn release(&self) {
        self.cloud.release_held();
        self.leaders.values().for_each(|leader| leader.pause().release());
    }

    /// A jobrunner's loop once around; what it starts is let run as far as it goes.
    pub(super) async fn tick(&self, name: Name) {
        let Some(leader) = self.leaders.get(&(name as u8)) else { return };
        leader.lead().await;
        leader.admit().await;
        for _ in 0..2 {
            leader.reconcile().await;
            self.settle().await;
            // Lists and calls of one moment would prove nothing about each other.
            self.pass(Duration::from_millis(1));
        }
        leader.clean().await;
    }

    /// Lets drives run until each has ended or stands still in a held call.
    pub(super) async fn settle(&self) {
        loop {
            let (mut driven, mut standing) = (0, self.cloud.held());
            for leader in self.leaders.values() {
                leader.reconciler.take_in().await;
                driven += leader.reconciler.driven().len();
                standing += leader.pause().standing();
            }
            if driven <= standing {
                return;
            }
            let ends = self.leaders.values().map(|leader| Box::pin(leader.a_drive_ends()));
            // Nothing tells of a call that begins to be held, so nobody waits long for an end.
            let _ = tokio::time::timeout(LOOK_AGAIN, select_all(ends)).await;
        }
    }

    /// A new process in the place of a dead one, whose drives die with it wherever they are.
    pub(super) fn restart(&mut self, name: Name) -> anyhow::Result<()> {
        self.lives += 1;
        let start = Start {
            store: self.store.clone(),
            provider: Fake::new(self.cloud.clone(), "bj".parse()?),
            clock: self.clock.clone(),
            random: self.random.clone(),
            bug: self.bug,
        };
        let leader = Leader::start(format!("{name:?}-{}", self.lives), start)?;
        self.leaders.insert(name as u8, leader);
        Ok(())
    }

    /// Its number is one that the store knows, so it proves no restored database.
    fn orphan(&mut self) -> anyhow::Result<()> {
        self.lives += 1;
        let sandbox = SandboxId::generate(&"bj".parse()?, &*self.random);
        let machine =
            planted(&format!("orphan-{}", self.lives), sandbox, self.store.epoch(), self.clock.now())?;
        self.cloud.plant(machine);
        Ok(())
    }

    fn on_machine(&self, slot: u8, happens: impl Fn(&Cloud, &Resource)) {
        let Some(known) = self.known.get(&slot) else { return };
        let resources = self.cloud.resources();
        let mine = |r: &&Resource| r.kind == Kind::Machine && r.tags.sandbox == known.id;
        if let Some(machine) = resources.iter().find(mine) {
            happens(&self.cloud, machine);
        }
    }

    async fn save(&mut self) -> anyhow::Result<()> {
        let path = self.folder.path().join(format!("backup-{}.db", self.lives));
        if path.exists() {
            return Ok(());
        }
        store::backup::backup(&self.store, &path).await.context("backup")?;
        self.backup = Some((path, self.known.clone()));
        Ok(())
    }

    async fn restore(&mut self) -> anyhow::Result<()> {
        let Some((path, known)) = self.backup.clone() else { return Ok(()) };
        self.lives += 1;
        let copy = self.folder.path().join(format!("{}.db", self.lives));
        std::fs::copy(&path, &copy)?;
        self.store = open(&format!("sqlite:{}", copy.display()), &self.clock, &self.random).await?;
        self.known = known;
        self.restored = true;
        self.restart(Name::A)?;
        self.restart(Name::B)
    }
}

async fn open(url: &str, clock: &Arc<ManualClock>, random: &Arc<SeededRandom>) -> anyhow::Result<Store> {
    Ok(Store::open(store::Options::new(url), clock.clone(), random.clone()).await?)
}

async fn publish(store: &Store) -> anyhow::Result<TemplateRef> {
    let (name, body) = ("lab".parse()?, template());
    let version = version_of(&body).context("a version")?;
    store.templates().publish(&name, &version, &body).await?;
    Ok(TemplateRef { name, version })
}

/// A machine with look-alike tags that belongs to another copy of the region service.
fn foreign_machine(cloud: &Arc<Cloud>, now: Timestamp) -> anyhow::Result<Resource> {
    let epoch = StoreEpoch("E1".to_owned());
    let machine = planted("foreign", "gd-aaaaaaaaaaaaaaaa".parse()?, epoch, now)?;
    cloud.plant(machine.clone());
    Ok(machine)
}

/// A running machine that no call made, of the region that its sandbox's id names.
fn planted(id: &str, sandbox: SandboxId, epoch: StoreEpoch, now: Timestamp) -> anyhow::Result<Resource> {
    let region = sandbox.as_str().split('-').next().unwrap_or_default().parse()?;
    let machine = "main".parse()?;
    let tags = Tags { region, epoch, sandbox, machine, incarnation: 1, creation_number: 0 };
    let (kind, state) = (Kind::Machine, State::Running);
    let id = ResourceId(id.to_owned());
    Ok(Resource { id, kind, tags, state, address: None, created_at: now, expires_at: None })
}

fn fault(kind: FaultKind) -> Fault {
    let unavailable = || ProviderError::Unavailable { detail: "simulated".to_owned() };
    match kind {
        FaultKind::Before => Fault::Before(unavailable()),
        FaultKind::After => Fault::After(unavailable()),
        FaultKind::Late => Fault::Late(unavailable()),
        FaultKind::Held => Fault::Held,
        FaultKind::NoCapacity => Fault::Before(ProviderError::NoCapacity { detail: None }),
        FaultKind::Throttled => Fault::Before(ProviderError::Throttled { retry_after_s: Some(1) }),
    }
}
