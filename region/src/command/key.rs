//! `region key`.

use domain::id::TenantId;
use domain::random::OsRandom;
use domain::time::{Clock as _, SystemClock};
use runtime::Secret;
use serde_json::{Value, json};
use store::{Key, NewKey, Scope, Store};

use super::{Invocation, StoreArgs};
use crate::Error;
use crate::output::age::age;
use crate::output::table::table;

/// Characters of a key's public id.
const ID_CHARACTERS: usize = 12;

/// API keys.
#[derive(Debug, clap::Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it: the only time that it is shown
    Create(CreateArgs),
    /// List keys by their ids; the keys themselves are not known here
    List {
        /// Which store.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a key invalid, at once
    Revoke {
        /// The key's id
        id: String,
        /// Which store.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// What a key may do.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// platform: the platform's commands; operator: everything
    #[arg(long, default_value = "platform")]
    pub scope: Scope,
    /// Bind it to this tenant's things
    #[arg(long)]
    pub tenant: Option<TenantId>,
    /// For people, such as who uses it
    #[arg(long, default_value = "")]
    pub name: String,
    /// Which store.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// A new key.
pub(crate) struct Made {
    /// The key itself, to be shown or written once.
    pub(crate) text: Secret<String>,
    key: Key,
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: KeyCommand) -> Result<(), Error> {
    match command {
        KeyCommand::Create(args) => create(invocation, args).await,
        KeyCommand::List { store } => list(invocation, &store).await,
        KeyCommand::Revoke { id, store } => revoke(invocation, &id, &store).await,
    }
}

/// Makes and stores a key; the store keeps its hash only.
pub(crate) async fn make(
    store: &Store,
    scope: Scope,
    tenant: Option<TenantId>,
    name: &str,
) -> Result<Made, Error> {
    let text = api_server::new_key(&OsRandom);
    let hash = api_server::hash_of(&text);
    let id = hash.chars().take(ID_CHARACTERS).collect();
    let key = store.keys().create(NewKey { id, hash, scope, tenant, name: name.to_owned() }).await?;
    Ok(Made { text: Secret::new(text), key })
}

async fn create(invocation: &Invocation, args: CreateArgs) -> Result<(), Error> {
    let store = args.store.open(invocation).await?;
    let made = make(&store, args.scope, args.tenant, &args.name).await?;
    let mut answer = shown(&made.key);
    answer["key"] = json!(made.text.expose());
    invocation
        .output
        .remark(&format!("key {} ({}); it is shown only this once:", made.key.id, made.key.scope));
    invocation.output.print(&answer, || made.text.expose().clone())
}

async fn list(invocation: &Invocation, store: &StoreArgs) -> Result<(), Error> {
    let keys = store.open(invocation).await?.keys().list().await?;
    let now = SystemClock.now();
    invocation.output.print(&json!({ "items": keys.iter().map(shown).collect::<Vec<_>>() }), || {
        let rows = keys.iter().map(|key| row(key, age(key.created_at, now))).collect();
        table(
            ["id", "scope", "tenant", "name", "age", "state"],
            rows,
            "no keys: `region key create` makes one",
        )
    })
}

async fn revoke(invocation: &Invocation, id: &str, store: &StoreArgs) -> Result<(), Error> {
    let revoked = store.open(invocation).await?.keys().revoke(id).await;
    revoked.map_err(|error| match error {
        store::Error::NotFound => {
            Error::NotFound(format!("there is no key {id}: `region key list` shows all"))
        }
        other => other.into(),
    })?;
    invocation.output.print(&json!({ "id": id, "revoked": true }), || format!("{id} is revoked"))
}

fn shown(key: &Key) -> Value {
    let Key { id, scope, tenant, name, created_at, revoked_at } = key;
    json!({"id": id, "scope": scope.as_str(), "tenant": tenant, "name": name, "created_at": created_at,
        "revoked_at": revoked_at})
}

fn row(key: &Key, age: String) -> [String; 6] {
    let tenant = key.tenant.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
    [key.id.clone(), key.scope.to_string(), tenant, key.name.clone(), age, state.to_owned()]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_key_is_found_by_its_hash_and_not_shown_again() {
        let options = store::Options::new("sqlite::memory:");
        let store = Store::open(options, Arc::new(SystemClock), Arc::new(OsRandom)).await.unwrap();
        let made = make(&store, Scope::Platform, None, "test").await.unwrap();
        let found = store.keys().find(&api_server::hash_of(made.text.expose())).await.unwrap().unwrap();
        assert_eq!(found.id, made.key.id);
        assert!(!shown(&found).to_string().contains(made.text.expose().as_str()));
        assert_eq!(row(&found, "1s".into())[5], "valid");
    }
}
