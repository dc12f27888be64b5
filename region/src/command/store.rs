//! `region store`.

use std::path::PathBuf;

use serde_json::{Value, json};
use store::{LEADER, Store};

use super::{Invocation, StoreArgs};
use crate::Error;
use crate::output::table::fields;

/// The store.
#[derive(Debug, clap::Subcommand)]
pub enum StoreCommand {
    /// Show its epoch, log, leader and alarms
    Status(StoreArgs),
    /// Write a whole copy into a new file, while the region runs (SQLite)
    Backup {
        /// The new file
        file: PathBuf,
        /// Which store.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a database from a backup; the region must be stopped and its database moved away (SQLite)
    Restore {
        /// The backup
        file: PathBuf,
        /// Which store.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// After a restore: what is not in the database may be removed from now on
    AcceptEpoch(StoreArgs),
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: StoreCommand) -> Result<(), Error> {
    match command {
        StoreCommand::Status(store) => status(invocation, &store).await,
        StoreCommand::Backup { file, store } => backup(invocation, file, &store).await,
        StoreCommand::Restore { file, store } => restore(invocation, file, &store).await,
        StoreCommand::AcceptEpoch(store) => accept_epoch(invocation, &store).await,
    }
}

async fn status(invocation: &Invocation, store: &StoreArgs) -> Result<(), Error> {
    let answer = read_status(&store.open(invocation).await?).await?;
    invocation.output.print(&answer, || human(&answer))
}

async fn read_status(store: &Store) -> Result<Value, Error> {
    let holder = store.lease().holder(LEADER).await?;
    let leader =
        holder.map(|(holder, term, until)| json!({"holder": holder, "term": term.0, "until": until}));
    let epochs = store.region().epochs().await?;
    Ok(json!({
        "epoch": epochs.current.0,
        "accepted": epochs.accepted,
        "oldest": store.log().oldest().await?.to_string(),
        "head": store.log().head().await?.to_string(),
        "leader": leader,
        "cordoned": store.region().cordoned().await?,
        "alarms": store.region().alarms().await?,
    }))
}

fn human(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let alarms =
        answer["alarms"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let accepted = match answer["accepted"].as_bool() {
        Some(true) => "accepted",
        Some(false) | None => "not accepted: look at what runs, then `region store accept-epoch`",
    };
    let leader = &answer["leader"];
    let leader = match leader["holder"].as_str() {
        Some(holder) => format!("{holder}, term {}, until {}", leader["term"], text(&leader["until"])),
        None => "none".to_owned(),
    };
    fields(vec![
        ("epoch", format!("{} ({accepted})", text(&answer["epoch"]))),
        ("log", format!("{} to {}", text(&answer["oldest"]), text(&answer["head"]))),
        ("leader", leader),
        ("cordoned", answer["cordoned"].as_str().unwrap_or("no").to_owned()),
        ("alarms", if alarms.is_empty() { "none".to_owned() } else { alarms.join("; ") }),
    ])
}

async fn backup(invocation: &Invocation, file: PathBuf, store: &StoreArgs) -> Result<(), Error> {
    let store = store.open(invocation).await?;
    store::backup::backup(&store, &file).await?;
    let answer = json!({ "file": file });
    invocation.output.print(&answer, || format!("{}: a whole copy; keep it private", file.display()))
}

async fn restore(invocation: &Invocation, file: PathBuf, store: &StoreArgs) -> Result<(), Error> {
    let url = match &store.store {
        Some(url) => url.clone(),
        None => invocation.connection.new_store_url()?,
    };
    store::backup::restore(&file, url.expose()).await?;
    let next = "nothing that runs is removed until `region store accept-epoch`: look at what runs first";
    invocation
        .output
        .print(&json!({ "restored": true }), || format!("restored from {}; {next}", file.display()))
}

async fn accept_epoch(invocation: &Invocation, store: &StoreArgs) -> Result<(), Error> {
    let epoch = store.open(invocation).await?.region().accept_epoch().await?;
    let answer = json!({ "epoch": epoch.0, "accepted": true });
    invocation.output.print(&answer, || format!("{} is accepted: the sweep goes on", epoch.0))
}
