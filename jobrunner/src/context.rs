//! What every component of the jobrunner works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::RegionName;
use domain::provider::Address;
use domain::random::Random;
use domain::sandbox::{Machine, Sandbox};
use domain::seal::Sealer;
use domain::template::Template;
use domain::time::{Clock, Timestamp};
use domain::token::{AgentClaims, Signer, Verb};
use store::Store;
use tokio::sync::Notify;

use crate::{Agents, Config, Error, Leadership, Providers};

/// How long a token for an agent is valid, in seconds: long enough for one request.
const AGENT_TOKEN_S: u64 = 120;

/// Shared by all components of one jobrunner.
#[derive(Debug)]
pub struct Context {
    /// The region's name: tags carry it.
    pub region: RegionName,
    /// Limits.
    pub config: Config,
    /// Intent and status.
    pub store: Store,
    /// What runs machines.
    pub providers: Providers,
    /// The doors into machines.
    pub agents: Arc<dyn Agents>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub random: Arc<dyn Random>,
    /// Signs tokens for agents; the first signs, all are valid.
    pub signers: Vec<Signer>,
    /// Opens callers' secrets for the personalising step.
    pub sealer: Sealer,
    /// Who leads.
    pub leadership: Leadership,
    /// Wakes the components.
    pub wakes: Wakes,
    /// Bugs that a test switched on.
    #[cfg(feature = "testing")]
    pub planted: crate::testing::Planted,
    /// Where a test lets this leader stand still.
    #[cfg(feature = "testing")]
    pub pause: crate::testing::Pause,
}

/// One wake for each component that others wake.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    /// The reconciler.
    pub reconcile: Arc<Notify>,
    /// The admission tick.
    pub admission: Arc<Notify>,
}

/// An agent to speak to: where it is, and the right to enter.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where it listens.
    pub address: Address,
    /// The token; never logged.
    pub token: runtime::Secret<String>,
}

impl Context {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The template of a sandbox, from the store's cache.
    pub(crate) async fn template(&self, sandbox: &Sandbox) -> Result<Arc<Template>, store::Error> {
        let template = &sandbox.intent.template;
        Ok(self.store.templates().get(&template.name, Some(&template.version)).await?.template)
    }

    /// The door into a machine, with a token for these verbs; none while nobody knows where it is.
    pub(crate) fn door(&self, sandbox: &Sandbox, machine: &Machine, verbs: &[Verb]) -> Option<Door> {
        let address = machine.address.clone()?;
        let claims = AgentClaims {
            sbx: sandbox.intent.id.clone(),
            mch: machine.name.clone(),
            inc: machine.incarnation,
            vrb: verbs.to_vec(),
            exp: self.now().plus_s(AGENT_TOKEN_S).seconds(),
        };
        let token = runtime::Secret::new(self.signers.first()?.sign(&claims));
        Some(Door { address, token })
    }

    /// The public keys that agents verify tokens with.
    pub(crate) fn agent_keys(&self) -> BTreeMap<String, String> {
        self.signers.iter().map(Signer::public).collect()
    }

    /// The caller's secrets for the personalising step, as names and values.
    pub(crate) async fn secrets(&self, sandbox: &Sandbox) -> Result<BTreeMap<String, String>, Error> {
        let intent = &sandbox.intent;
        let Some(sealed) = self.store.intent().sealed_secrets(&intent.id).await? else {
            return Ok(BTreeMap::new());
        };
        let context = Sealer::context(&intent.tenant, &intent.r#ref);
        let opened = self.sealer.open(&context, &sealed).ok_or(Error::Sealed)?;
        serde_json::from_slice(&opened).map_err(|_| Error::Sealed)
    }

    /// The resources' own deadline for this template, in seconds after their creation.
    pub(crate) fn deadline_s(&self, template: &Template) -> u64 {
        template.policy.max_lifetime_s + self.config.deadline_margin_s
    }
}
