//! The store itself: one handle for a database, cheap to clone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::provider::StoreEpoch;
use domain::random::Random;
use domain::time::{Clock, Timestamp};
use parking_lot::{Mutex, RwLock};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::intent::Combiner;
use crate::options::Options;
use crate::region::new_epoch;
use crate::sql::{Database, Tx, args};
use crate::templates::Cache;
use crate::wake::{self, Hub, Topic, Wake};
use crate::{
    Activity, Intents, Keys, Leases, Log, Logins, Region, Sandboxes, Sessions, Statuses, Templates, Tenants,
    Tickets,
};

/// What a trial write writes: more than fits between other rows, so that it needs room of its own.
const PING_BYTES: usize = 16 * 1024;

/// How long a role waits for its database at its start: less than the chart's startup probes allow.
pub const START_PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before a database that did not answer is asked again.
const OPEN_INTERVAL: Duration = Duration::from_millis(500);

/// The region's memory. Clones share one database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    public_url: String,
    database: Database,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    hub: Hub,
    templates: Cache,
    combiner: Combiner,
    epoch: RwLock<StoreEpoch>,
    /// Telling and hearing; aborted when the last clone goes.
    tasks: Mutex<JoinSet<()>>,
}

impl Store {
    /// Opens a database, makes it when there is none (SQLite), and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Refused`] for an address of no known kind; [`Error::Unavailable`].
    pub async fn open(
        options: Options,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let database = crate::sql::connect(&options).await?;
        crate::migrate::migrate(&database, clock.now(), &new_epoch(1, random.as_ref())).await?;
        let epoch = stored_epoch(&database).await?;
        let hub = Hub::new();
        let tasks = Mutex::new(wakers(&database, &hub, random.as_ref()));
        Ok(Self(Arc::new(Inner {
            public_url: options.public_url(),
            database,
            clock,
            random,
            hub,
            templates: Cache::default(),
            combiner: Combiner::default(),
            epoch: RwLock::new(epoch),
            tasks,
        })))
    }

    /// Opens a database that may still be starting, as after a power cut of the whole cluster: asks again for as long
    /// as `patience`, and says in the log what it waits for.
    ///
    /// # Errors
    /// Those of [`Store::open`]; [`Error::Unavailable`] only after the whole patience.
    pub async fn open_patiently(
        options: Options,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        patience: Duration,
    ) -> Result<Self, Error> {
        let (deadline, mut told) = (Instant::now() + patience, None);
        loop {
            match Self::open(options.clone(), clock.clone(), random.clone()).await {
                Err(error @ Error::Unavailable { .. }) if Instant::now() < deadline => {
                    if told.as_ref() != Some(&error) {
                        tracing::warn!(%error, store = options.public_url(), "waiting for the database");
                        told = Some(error);
                    }
                    sleep(OPEN_INTERVAL).await;
                }
                opened => return opened,
            }
        }
    }

    /// The epoch that the log's positions and new resources carry, as last seen by this process.
    #[must_use]
    pub fn epoch(&self) -> StoreEpoch {
        self.0.epoch.read().clone()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.database().first("SELECT number FROM log_head WHERE id = 1", args![]).await.map(drop)
    }

    /// Whether the database takes writes: one as large as a create, taken back at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping_write(&self) -> Result<(), Error> {
        let name = format!("ping-{:016x}", self.random().u64());
        let put = "INSERT INTO region (name, value) VALUES ($1, $2)";
        self.database().write(put, args![&name, " ".repeat(PING_BYTES)]).await?;
        self.database().write("DELETE FROM region WHERE name = $1", args![&name]).await.map(drop)
    }

    /// Closes every connection; later calls fail.
    pub async fn close(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.lock());
        drop(tasks);
        self.0.database.close().await;
    }

    /// Waits for changes.
    #[must_use]
    pub fn wake(&self) -> Wake {
        Wake::new(self.0.hub.clone())
    }

    /// How many changes of a topic this process has heard of: what was read at one count may be out of date at another.
    #[must_use]
    pub fn heard(&self, topic: Topic) -> u64 {
        self.0.hub.count(topic)
    }

    /// Templates and their versions.
    #[must_use]
    pub const fn templates(&self) -> Templates<'_> {
        Templates(self)
    }

    /// Tenants, their quotas and what they use.
    #[must_use]
    pub const fn tenants(&self) -> Tenants<'_> {
        Tenants(self)
    }

    /// API keys.
    #[must_use]
    pub const fn keys(&self) -> Keys<'_> {
        Keys(self)
    }

    /// Commands: what is wanted of sandboxes.
    #[must_use]
    pub const fn intent(&self) -> Intents<'_> {
        Intents(self)
    }

    /// Sandboxes as they are.
    #[must_use]
    pub const fn sandboxes(&self) -> Sandboxes<'_> {
        Sandboxes(self)
    }

    /// What the leader writes of sandboxes.
    #[must_use]
    pub const fn status(&self) -> Statuses<'_> {
        Statuses(self)
    }

    /// Leases.
    #[must_use]
    pub const fn lease(&self) -> Leases<'_> {
        Leases(self)
    }

    /// The one log.
    #[must_use]
    pub const fn log(&self) -> Log<'_> {
        Log(self)
    }

    /// When sandboxes were last used.
    #[must_use]
    pub const fn activity(&self) -> Activity<'_> {
        Activity(self)
    }

    /// Single-use rights to open an app.
    #[must_use]
    pub const fn tickets(&self) -> Tickets<'_> {
        Tickets(self)
    }

    /// Facts about the region: cordon, capacity, epochs, alarm.
    #[must_use]
    pub const fn region(&self) -> Region<'_> {
        Region(self)
    }

    /// The console's single-use login links.
    #[must_use]
    pub const fn logins(&self) -> Logins<'_> {
        Logins(self)
    }

    /// The console's sessions.
    #[must_use]
    pub const fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        self.0.database.begin().await
    }

    /// Commits, and wakes whoever waits for these topics.
    pub(crate) async fn commit(&self, tx: Tx, topics: &[Topic]) -> Result<(), Error> {
        tx.commit().await?;
        self.0.hub.changed(topics);
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.0.random.as_ref()
    }

    pub(crate) fn changed(&self, topics: &[Topic]) {
        self.0.hub.changed(topics);
    }

    pub(crate) fn template_cache(&self) -> &Cache {
        &self.0.templates
    }

    pub(crate) fn combiner(&self) -> &Combiner {
        &self.0.combiner
    }

    /// Remembers the epoch that a row showed.
    pub(crate) fn saw_epoch(&self, epoch: &str) {
        let mut known = self.0.epoch.write();
        if known.0 != epoch {
            epoch.clone_into(&mut known.0);
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("url", &self.0.public_url).finish_non_exhaustive()
    }
}

async fn stored_epoch(database: &Database) -> Result<StoreEpoch, Error> {
    let row = database.first("SELECT epoch FROM log_head WHERE id = 1", args![]).await?;
    Ok(StoreEpoch(row.ok_or(Error::NotFound)?.of("log_head", "epoch").text("epoch")?))
}

fn wakers(database: &Database, hub: &Hub, random: &dyn Random) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if let Database::Postgres(pool) = database {
        let sender = format!("{:016x}", random.u64());
        tasks.spawn(wake::tell(pool.clone(), hub.clone(), sender.clone()));
        tasks.spawn(wake::hear(pool.clone(), hub.clone(), sender));
    }
    tasks
}
