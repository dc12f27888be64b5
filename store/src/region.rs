//! Single facts about the region: cordon, capacity, alarm, and the store's epochs.

use std::collections::BTreeMap;

use domain::provider::{Capacity, StoreEpoch};
use domain::random::Random;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::Error;
use crate::lease::{LEADER, Term};
use crate::log::EventKind;
use crate::log::append::{self, Append, json as text};
use crate::sql::{Tx, args};
use crate::store::Store;
use crate::wake::Topic;

/// Facts about the region. See [`Store::region`].
#[derive(Clone, Copy, Debug)]
pub struct Region<'s>(pub(crate) &'s Store);

/// The epochs that a database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// The present one: new resources carry it.
    pub current: StoreEpoch,
    /// Whether the present one is in order: the first is; one that was minted after a restore once an operator says so.
    pub accepted: bool,
    /// Ended ones, each with the last creation number that this database knew when it ended.
    pub ended: BTreeMap<StoreEpoch, u64>,
}

impl Epochs {
    /// Whether a resource was made by the history that this database knows, or an operator accepted all there is.
    #[must_use]
    pub fn accepts(&self, epoch: &StoreEpoch, creation_number: u64) -> bool {
        let known = self.ended.get(epoch).is_some_and(|until| creation_number <= *until);
        *epoch == self.current || known || (self.accepted && self.ended.contains_key(epoch))
    }
}

const CORDON: &str = "cordon";
const CAPACITY: &str = "capacity";
const ALARM: &str = "alarm";

const PUT: &str = "INSERT INTO region (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Region<'_> {
    /// Takes no new sandboxes, for a reason; or takes them again. An event tells.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn cordon(&self, reason: Option<String>) -> Result<(), Error> {
        let mut tx = self.0.begin().await?;
        put(&mut tx, CORDON, reason.as_ref()).await?;
        let subject = json!({"cordoned": reason});
        append::one(&mut tx, Append::subject(EventKind::RegionChanged, self.0.now(), &subject)).await?;
        self.0.commit(tx, &[Topic::Status, Topic::Log]).await
    }

    /// Why the region takes no new sandboxes; none when it does.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn cordoned(&self) -> Result<Option<String>, Error> {
        self.get(CORDON).await
    }

    /// Stores how much room there is, in short. It makes no event.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the term is over; [`Error::Unavailable`].
    pub async fn record_capacity(&self, term: Term, capacity: Capacity) -> Result<(), Error> {
        let sql = "INSERT INTO region (name, value) SELECT $1, $2 FROM leases WHERE name = $3 AND term = $4 \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let values = args![CAPACITY, text(&capacity.summary()), LEADER, term.0];
        let written = self.0.database().write(sql, values).await? == 1;
        if written { Ok(()) } else { Err(Error::Conflict) }
    }

    /// How much room there was when the leader last looked.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn capacity(&self) -> Result<Option<Capacity>, Error> {
        self.get(CAPACITY).await
    }

    /// Raises an alarm for the operators, or takes it back.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn alarm(&self, alarm: Option<String>) -> Result<(), Error> {
        let mut tx = self.0.begin().await?;
        put(&mut tx, ALARM, alarm.as_ref()).await?;
        self.0.commit(tx, &[Topic::Status]).await
    }

    /// What is raised.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn alarms(&self) -> Result<Vec<String>, Error> {
        Ok(self.get(ALARM).await?.into_iter().collect())
    }

    /// Begins a new epoch, not yet accepted: the database is not the one that made what is outside. Positions of
    /// earlier epochs are worth nothing from now on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mint_epoch(&self) -> Result<StoreEpoch, Error> {
        let mut tx = self.0.begin().await?;
        let minted = mint(&mut tx, self.0).await?;
        self.0.commit(tx, &[Topic::Status, Topic::Log]).await?;
        self.0.saw_epoch(&minted.0);
        Ok(minted)
    }

    /// The epochs that this database knows, and whether an operator has accepted the present one.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn epochs(&self) -> Result<Epochs, Error> {
        let sql = "SELECT epoch, accepted_at, known_until FROM epochs ORDER BY ordinal";
        let rows = self.0.database().all(sql, args![]).await?;
        let mut epochs =
            Epochs { current: StoreEpoch(String::new()), accepted: false, ended: BTreeMap::new() };
        for row in &rows {
            let cells = row.of("epochs", "epoch");
            let epoch = StoreEpoch(cells.text("epoch")?);
            match cells.opt_count("known_until")? {
                Some(known_until) => drop(epochs.ended.insert(epoch, known_until)),
                None => (epochs.current, epochs.accepted) = (epoch, cells.opt_time("accepted_at")?.is_some()),
            }
        }
        self.0.saw_epoch(&epochs.current.0);
        Ok(epochs)
    }

    /// Notes epochs that only resources tell of: histories which this database never knew. They count as ended, with
    /// nothing known of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_unknown_epochs(&self, unknown: &[StoreEpoch]) -> Result<(), Error> {
        let sql = "INSERT INTO epochs (epoch, ordinal, minted_at, known_until) \
                   SELECT $1, MAX(ordinal) + 1, $2, 0 FROM epochs WHERE TRUE ON CONFLICT (epoch) DO NOTHING";
        for epoch in unknown {
            self.0.database().write(sql, args![&epoch.0, self.0.now()]).await?;
        }
        Ok(())
    }

    /// An operator has looked: the present epoch is accepted, the sweep may go on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn accept_epoch(&self) -> Result<StoreEpoch, Error> {
        let sql = "UPDATE epochs SET accepted_at = COALESCE(accepted_at, $1) \
                   WHERE epoch = (SELECT epoch FROM log_head WHERE id = 1) RETURNING epoch";
        let row = self.0.database().write_first(sql, args![self.0.now()]).await?.ok_or(Error::NotFound)?;
        self.0.changed(&[Topic::Status]);
        row.of("epochs", "epoch").text("epoch").map(StoreEpoch)
    }

    async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let sql = "SELECT name, value FROM region WHERE name = $1";
        let row = self.0.database().first(sql, args![name]).await?;
        row.map(|row| row.of("region", "name").json("value")).transpose()
    }
}

async fn put(tx: &mut Tx, name: &str, value: Option<&String>) -> Result<(), Error> {
    match value {
        Some(value) => tx.execute(PUT, args![name, text(value)]).await?,
        None => tx.execute("DELETE FROM region WHERE name = $1", args![name]).await?,
    };
    Ok(())
}

/// Begins a new epoch inside a transaction.
pub(crate) async fn mint(tx: &mut Tx, store: &Store) -> Result<StoreEpoch, Error> {
    tx.execute("UPDATE log_head SET number = number WHERE id = 1", args![]).await?;
    let last = "SELECT epoch, ordinal FROM epochs ORDER BY ordinal DESC LIMIT 1";
    let row = tx.first(last, args![]).await?.ok_or(Error::NotFound)?;
    let ordinal = row.of("epochs", "epoch").count("ordinal")? + 1;
    let epoch = new_epoch(ordinal, store.random());
    let end = "UPDATE epochs SET known_until = (SELECT value FROM counters WHERE name = 'creation') \
               WHERE known_until IS NULL";
    tx.execute(end, args![]).await?;
    let insert = "INSERT INTO epochs (epoch, ordinal, minted_at) VALUES ($1, $2, $3)";
    tx.execute(insert, args![&epoch.0, ordinal, store.now()]).await?;
    tx.execute("UPDATE log_head SET epoch = $1 WHERE id = 1", args![&epoch.0]).await?;
    Ok(epoch)
}

/// The name of the `ordinal`th epoch. The random part keeps two restored copies of one database apart.
pub(crate) fn new_epoch(ordinal: u64, random: &dyn Random) -> StoreEpoch {
    let mut bytes = [0; 5];
    random.fill(&mut bytes);
    let unique = data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    StoreEpoch(format!("E{ordinal}-{unique}"))
}
