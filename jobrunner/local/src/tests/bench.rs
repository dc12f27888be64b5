//! A provider on a folder of its own, with the agent of this workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use domain::id::RegionName;
use domain::provider::conformance::{Bench, Setting};
use domain::provider::{MachineSpec, Provider, Resource};
use domain::random::OsRandom;
use domain::resources::Resources;
use domain::secret::Secret;
use domain::template::{Machine, Template};
use domain::time::{Clock as _, SystemClock, Timestamp};
use domain::token::Signer;
use serde_json::json;
use tempfile::TempDir;

use super::client::Client;
use crate::folders::Folders;
use crate::record::MachineRecord;
use crate::{Config, Local};

const UIDS_COUNT: u32 = 64;

pub(super) struct LocalBench {
    pub(super) provider: Local,
    other: Local,
    pub(super) signer: Signer,
    folder: TempDir,
    uids_first: u32,
}

/// User ids that no other state folder of this run has: tests that go on at the same time must not meet.
fn uids_of_our_own() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(300_000);
    NEXT.fetch_add(UIDS_COUNT, Ordering::Relaxed)
}

/// Set for processes that tests start: where the agent is.
pub(super) const AGENT_VARIABLE: &str = "LOCAL_TEST_AGENT";
/// Where an agent is that was built already, as the Makefile says it.
const BUILT_VARIABLE: &str = "QINGJIAO_AGENT";

/// The agent of this workspace, built now unless it is.
pub(super) fn agent() -> &'static Path {
    static AGENT: OnceLock<PathBuf> = OnceLock::new();
    AGENT.get_or_init(|| {
        std::env::var_os(AGENT_VARIABLE).map(PathBuf::from).or_else(built_before).unwrap_or_else(build)
    })
}

fn built_before() -> Option<PathBuf> {
    let program = PathBuf::from(std::env::var_os(BUILT_VARIABLE)?);
    assert!(
        program.is_file(),
        "{BUILT_VARIABLE} names {}, which is no file: run `make agent`, or unset it to have the agent built here",
        program.display()
    );
    Some(program)
}

fn build() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let target = exe.ancestors().nth(3).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "agent", "--target-dir"])
        .arg(target)
        // Read when it runs: build results are shared between clones, and another one's path may be gone.
        .current_dir(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join("debug/agent")
}

impl LocalBench {
    pub(super) fn new() -> Self {
        let is_started_by_a_test = std::env::var_os(AGENT_VARIABLE).is_some();
        let is_root = rustix::process::geteuid().is_root();
        assert!(
            is_root || is_started_by_a_test,
            "these tests need root: they look at machines of several users"
        );
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::new(&Secret::new(&"s".repeat(32)).unwrap());
        let uids_first = uids_of_our_own();
        let [provider, other] = ["bj", "gd"].map(|region| open(folder.path(), region, uids_first));
        Self { provider, other, signer, folder, uids_first }
    }

    pub(super) fn state(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn folders(&self) -> Folders {
        Folders::new(self.state(), &self.region())
    }

    /// What was written down of a machine.
    pub(super) fn record(&self, machine: &Resource) -> MachineRecord {
        MachineRecord::read(&self.folders().machine(&machine.tags)).unwrap().unwrap()
    }

    /// Another process of the same region, as after a restart.
    pub(super) fn again(&self) -> Local {
        open(self.state(), "bj", self.uids_first)
    }

    /// A machine that runs, and a client of its agent.
    pub(super) async fn running(&self, setting: &Setting<'_>, spec: MachineSpec) -> (Resource, Client) {
        let id = setting.made(spec).await;
        let machine = setting.runs(&id).await;
        let client = Client::new(&machine, &self.signer);
        (machine, client)
    }
}

/// A provider with little room on a state folder.
pub(super) fn open(state: &Path, region: &str, uids_first: u32) -> Local {
    let mut config = Config::new(state.to_owned(), agent().to_owned());
    (config.uids_first, config.uids_count) = (uids_first, UIDS_COUNT);
    config.capacity = Some(Resources { cpu_millis: 4000, memory_mib: 2048, disk_mib: 0, gpus: 0 });
    Local::open(region.parse().unwrap(), config, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()
}

/// A test that failed half-way leaves no process behind.
impl Drop for LocalBench {
    fn drop(&mut self) {
        for region in ["bj", "gd"] {
            let ground = crate::ground::Ground::prepare(
                region.parse().unwrap(),
                Config::new(self.state().to_owned(), agent().to_owned()),
                Arc::new(SystemClock),
                Arc::new(OsRandom),
            );
            let ground = ground.unwrap();
            let ids: Vec<_> =
                crate::observe::all(&ground).unwrap().into_iter().map(|(_, machine)| machine.id).collect();
            crate::remove::remove(&ground, &ids).unwrap();
        }
    }
}

#[async_trait]
impl Bench for LocalBench {
    fn provider(&self) -> &dyn Provider {
        &self.provider
    }
    fn region(&self) -> RegionName {
        "bj".parse().unwrap()
    }
    fn other_region(&self) -> (&dyn Provider, RegionName) {
        (&self.other, "gd".parse().unwrap())
    }
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
    fn machine(&self) -> Machine {
        machine(&json!({"process":{}}))
    }
    fn foreign_machine(&self) -> Option<Machine> {
        Some(machine(&json!({"container":{"image":"example.com/lab:1"}})))
    }
    fn agent_keys(&self) -> BTreeMap<String, String> {
        [self.signer.public()].into()
    }
    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(super) fn machine(runs: &serde_json::Value) -> Machine {
    let text = json!({"machines":[{"name":"main","runs":runs,"resources":{"cpu_millis":500,"memory_mib":128},
        "home":{"path":"/home/student","size_mib":64}}]});
    Template::parse(&text).unwrap().machines.remove(0)
}
