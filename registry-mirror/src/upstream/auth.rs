//! What an upstream wants to see before it answers: nothing, a password or a token.
//!
//! One token is kept per realm, service and scope; whoever needs the same one meanwhile waits for it.

pub(super) mod challenge;
mod realm;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Client;
use runtime::{Secret, SecretFile};

use crate::clock::SharedClock;
use crate::name::Repository;
use crate::source::Fault;

use super::credentials::Credentials;
use challenge::{Challenge, Need};
pub(super) use realm::Realms;
use token::{Issuer, Slot};

/// More repositories than this are forgotten together; each then asks for its token again.
const REPOSITORIES_MAX: usize = 4096;

/// The credentials of one upstream and the tokens that they were changed for.
#[derive(Debug)]
pub(super) struct Auth {
    issuer: Issuer,
    prefix: String,
    credentials_file: Option<SecretFile>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// What each repository asked for last.
    asked: HashMap<Repository, Asked>,
    slots: HashMap<Need, Arc<Slot>>,
}

#[derive(Clone, Debug)]
enum Asked {
    Password,
    Token(Arc<Slot>),
}

impl Auth {
    /// For the upstream `name`, whose repositories have `prefix` before their names here.
    pub(super) fn new(client: Client, realms: Realms, clock: SharedClock, name: &str, prefix: &str) -> Self {
        let issuer = Issuer { client, realms, clock, name: name.to_owned() };
        Self { issuer, prefix: prefix.to_owned(), credentials_file: None, memory: Mutex::default() }
    }

    /// With `user:password` of this file.
    pub(super) fn credentials(self, file: Option<SecretFile>) -> Self {
        Self { credentials_file: file, ..self }
    }

    /// The `Authorization` that the repository asked for before, with a token that is still good.
    pub(super) async fn known(&self, repository: &Repository) -> Result<Option<Secret<String>>, Fault> {
        let asked = self.memory.lock().asked.get(repository).cloned();
        match asked {
            None => Ok(None),
            Some(asked) => self.authorization(asked, None).await.map(Some),
        }
    }

    /// The `Authorization` that answers `challenges`, never `refused`, the one just tried.
    pub(super) async fn challenged(
        &self,
        repository: &Repository,
        challenges: &[Challenge],
        refused: Option<&Secret<String>>,
    ) -> Result<Secret<String>, Fault> {
        let asked = self.choose(repository, challenges)?;
        self.remember(repository, asked.clone());
        let answer = self.authorization(asked, refused).await?;
        if refused.is_some_and(|refused| refused == &answer) {
            return Err(self.denied("the credentials were refused"));
        }
        Ok(answer)
    }

    fn choose(&self, repository: &Repository, challenges: &[Challenge]) -> Result<Asked, Fault> {
        let bearer = challenges.iter().find(|challenge| challenge.is("bearer"));
        if let Some(bearer) = bearer {
            let scope = format!("repository:{}{repository}:pull", self.prefix);
            let need =
                bearer.need(scope).ok_or_else(|| self.denied("a token is asked for, but not where"))?;
            return Ok(Asked::Token(self.slot(need)));
        }
        if !challenges.iter().any(|challenge| challenge.is("basic")) {
            return Err(self.denied("no way to sign in that is known here was offered"));
        }
        if self.credentials_file.is_none() {
            return Err(self.denied("a password is asked for; set credentials_file"));
        }
        Ok(Asked::Password)
    }

    fn slot(&self, need: Need) -> Arc<Slot> {
        let mut memory = self.memory.lock();
        Arc::clone(memory.slots.entry(need.clone()).or_insert_with(|| Arc::new(Slot::new(need))))
    }

    fn remember(&self, repository: &Repository, asked: Asked) {
        let mut memory = self.memory.lock();
        if memory.asked.len() >= REPOSITORIES_MAX || memory.slots.len() >= 2 * REPOSITORIES_MAX {
            *memory = Memory::default();
        }
        memory.asked.insert(repository.clone(), asked);
    }

    async fn authorization(
        &self,
        asked: Asked,
        refused: Option<&Secret<String>>,
    ) -> Result<Secret<String>, Fault> {
        let credentials = || self.read_credentials();
        match asked {
            Asked::Password => match credentials()? {
                Some(credentials) => Ok(credentials.basic()),
                None => Err(self.denied("a password is asked for; set credentials_file")),
            },
            Asked::Token(slot) => slot.authorization(&self.issuer, credentials, refused).await,
        }
    }

    fn read_credentials(&self) -> Result<Option<Credentials>, Fault> {
        let Some(file) = &self.credentials_file else { return Ok(None) };
        Credentials::read(file).map(Some).map_err(|reason| self.denied(reason))
    }

    fn denied(&self, reason: impl Into<String>) -> Fault {
        self.issuer.denied(reason)
    }
}
