//! What is made for trial: machines as a region makes them, marked so that they are found again, and short-lived.

use std::time::Duration;

use domain::cause::Code;
use domain::id::{RegionName, SandboxId};
use domain::provider::{MachineSpec, StoreEpoch, Tags};
use domain::random::Random;
use domain::secret::Secret;
use domain::template::{Container, Template};
use domain::time::Timestamp;
use domain::token::Signer;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Doctor;
use super::trial_pod::{self, Standing};
use crate::call::{Answer, call};
use crate::copy::Kind as Watched;
use crate::manifest::{self, Class};
use crate::{Config, names};

/// The label of everything that is made for trial.
pub(super) const MARK: &str = "qingjiao.io/doctor";
/// The most that anything may take, an image of a slow registry included.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a cause must last before it is believed.
const CAUSE_LASTS: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(500);
/// A pod that is left ends by itself, in seconds.
const DEADLINE_S: u64 = 300;
/// What is older than this belongs to no check that still runs, in seconds.
const OLD_AFTER_S: u64 = 600;

/// What machines of one check have in common.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) pods: Api<Pod>,
    claims: Api<PersistentVolumeClaim>,
    /// A region of its own, which no policy of another selects.
    pub(super) region: String,
    sandbox: Option<(RegionName, SandboxId)>,
    key: (String, String),
}

/// A machine that ran.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) pod: Pod,
    /// Our clock just before it was asked for, and once it was seen to run.
    pub(super) asked_at: Timestamp,
    pub(super) seen_at: Timestamp,
    pub(super) took: Duration,
}

/// A machine that did not run.
#[derive(Clone, Debug)]
pub(super) struct Unmade {
    pub(super) cause: Option<Code>,
    pub(super) words: String,
}

impl Trial {
    pub(super) fn new(client: Client, config: &Config, random: &dyn Random) -> Self {
        let space = &config.namespace;
        let region = format!("dr-{:08x}", random.u64() & 0xffff_ffff);
        let parsed = region.parse::<RegionName>().ok();
        let sandbox = parsed.map(|region| (region.clone(), SandboxId::generate(&region, random)));
        let key = Secret::new(&Secret::generate(random)).map(|secret| Signer::new(&secret).public());
        Self {
            pods: Api::namespaced(client.clone(), space),
            claims: Api::namespaced(client, space),
            region,
            sandbox,
            key: key.unwrap_or_default(),
        }
    }

    /// A small machine with this name; with a home or without.
    fn spec(&self, name: &str, with_home: bool) -> Option<MachineSpec> {
        let home = with_home.then(|| json!({"path": "/home/student", "size_mib": 64}));
        let template = json!({"machines": [{"name": name, "runs": {"container": {"image": "trial"}},
            "resources": {"cpu_millis": 50, "memory_mib": 32}}]});
        let mut machine = Template::parse(&template).ok()?.machines.into_iter().next()?;
        machine.home = home.and_then(|home| serde_json::from_value(home).ok());
        let (region, sandbox) = self.sandbox.clone()?;
        let tags = Tags {
            region,
            epoch: StoreEpoch("doctor".to_owned()),
            sandbox,
            machine: name.parse().ok()?,
            incarnation: 1,
            creation_number: 1,
        };
        Some(MachineSpec {
            tags,
            tenant: "doctor".parse().ok()?,
            machine,
            peers: Vec::new(),
            network: serde_json::from_value(json!({"egress": "none"})).ok()?,
            home_generation: 1,
            deadline_s: DEADLINE_S,
            agent_keys: [self.key.clone()].into(),
        })
    }

    /// Makes a machine of an image, and waits until it runs or says why not.
    pub(super) async fn machine(
        &self,
        doctor: &Doctor,
        name: &str,
        image: &str,
        with_home: bool,
    ) -> Result<Made, Unmade> {
        let unmade = |words: String| Unmade { cause: None, words };
        let spec = self.spec(name, with_home).ok_or_else(|| unmade("no machine for trial".to_owned()))?;
        let image = Container { image: image.to_owned(), command: Some(Vec::new()) };
        let (asked_at, begun) = (doctor.clock.now(), Instant::now());
        if let Some(claim) = manifest::home(&doctor.config, &spec, asked_at) {
            create(doctor, &self.claims, self.marked(claim)).await?;
        }
        let pod = manifest::pod(&doctor.config.default_place(), &spec, &image, &Class::None, asked_at);
        create(doctor, &self.pods, self.marked(pod)).await?;
        let pod = self.runs(doctor, &names::pod(&spec.tags)).await?;
        Ok(Made { pod, asked_at, seen_at: doctor.clock.now(), took: begun.elapsed() })
    }

    /// A pod as a machine's, from which one is made that only tries something.
    pub(super) fn guest(&self, doctor: &Doctor) -> Option<Pod> {
        let spec = self.spec("guest", false)?;
        let image = Container { image: doctor.config.agent_image.clone(), command: Some(Vec::new()) };
        let place = doctor.config.default_place();
        Some(manifest::pod(&place, &spec, &image, &Class::None, doctor.clock.now()))
    }

    /// Adds the mark of this check.
    pub(super) fn marked<K: Watched>(&self, mut object: K) -> K {
        let labels = object.meta_mut().labels.get_or_insert_default();
        labels.insert(MARK.to_owned(), self.region.clone());
        object
    }

    /// Waits until a pod runs; a cause that lasts ends the wait.
    async fn runs(&self, doctor: &Doctor, name: &str) -> Result<Pod, Unmade> {
        let begun = Instant::now();
        let mut since: Option<(Code, Instant)> = None;
        loop {
            let pod = call(&doctor.gate, self.pods.get(name)).await.map_err(refused)?;
            let standing = trial_pod::standing(&pod, &doctor.config, doctor.clock.now());
            let cause = match standing {
                Standing::Runs => return Ok(pod),
                Standing::Ended(cause) => return Err(Unmade { cause, words: trial_pod::words(&pod) }),
                Standing::Waits(cause) => cause,
            };
            // The first cause counts: that of a missing image turns into one of waiting for the next try.
            since = cause.map(|code| since.unwrap_or_else(|| (code, Instant::now())));
            let has_lasted = since.is_some_and(|(_, at)| at.elapsed() > CAUSE_LASTS);
            if has_lasted || begun.elapsed() > PATIENCE {
                return Err(Unmade { cause: since.map(|(code, _)| code), words: trial_pod::words(&pod) });
            }
            sleep(POLL).await;
        }
    }

    /// Waits until a pod has ended; its exit code.
    pub(super) async fn ends(&self, doctor: &Doctor, name: &str) -> Result<i32, Unmade> {
        let begun = Instant::now();
        loop {
            let pod = call(&doctor.gate, self.pods.get(name)).await.map_err(refused)?;
            if let Some(code) = trial_pod::exit_code(&pod) {
                return Ok(code);
            }
            if begun.elapsed() > PATIENCE {
                return Err(Unmade { cause: None, words: trial_pod::words(&pod) });
            }
            sleep(POLL).await;
        }
    }

    /// Removes everything of this check. Policies go with the pod that owns them.
    pub(super) async fn clean(&self, doctor: &Doctor) -> Result<(), String> {
        let params = ListParams::default().labels(&format!("{MARK}={}", self.region));
        self.remove(doctor, &params, None).await
    }

    /// Removes what earlier checks that were killed have left.
    pub(super) async fn clean_old(&self, doctor: &Doctor) -> Result<(), String> {
        self.remove(doctor, &ListParams::default().labels(MARK), Some(OLD_AFTER_S)).await
    }

    async fn remove(&self, doctor: &Doctor, params: &ListParams, older_s: Option<u64>) -> Result<(), String> {
        remove(doctor, &self.pods, params, older_s).await?;
        remove(doctor, &self.claims, params, older_s).await
    }
}

/// One by one: a jobrunner may not delete collections.
async fn remove<K: Watched>(
    doctor: &Doctor,
    api: &Api<K>,
    params: &ListParams,
    older_s: Option<u64>,
) -> Result<(), String> {
    let said = |answer: Answer| domain::provider::Error::from(answer).to_string();
    let listed = call(&doctor.gate, api.list_metadata(params)).await.map_err(said)?;
    let now = doctor.clock.now();
    for item in listed.items {
        let made = item.metadata.creation_timestamp.as_ref().map(crate::observe::moment);
        let is_young = older_s.is_some_and(|s| made.is_none_or(|made| made.plus_s(s) > now));
        let Some(name) = item.metadata.name.filter(|_| !is_young) else { continue };
        let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        match call(&doctor.gate, api.delete(&name, &at_once)).await {
            Ok(_) | Err(Answer::NotFound) => (),
            Err(answer) => return Err(said(answer)),
        }
    }
    Ok(())
}

pub(super) async fn create<K: Watched + serde::Serialize>(
    doctor: &Doctor,
    api: &Api<K>,
    object: K,
) -> Result<K, Unmade> {
    call(&doctor.gate, api.create(&PostParams::default(), &object)).await.map_err(refused)
}

pub(super) fn refused(answer: Answer) -> Unmade {
    let error = domain::provider::Error::from(answer);
    let cause = match &error {
        domain::provider::Error::Rejected { code, .. } => Some(*code),
        domain::provider::Error::NoCapacity { .. } => Some(Code::NoCapacity),
        _ => None,
    };
    Unmade { cause, words: error.to_string() }
}
