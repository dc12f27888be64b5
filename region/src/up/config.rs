//! The configuration of `region up`: the sections of every role, with defaults that need nobody's attention.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::id::RegionName;
use domain::random::OsRandom;
use domain::region::RegionOptions;
use domain::resources::Resources;
use domain::time::SystemClock;
use local::Local;
use runtime::admin::AdminOptions;
use runtime::config::Source;
use runtime::telemetry::TelemetryOptions;
use serde::{Deserialize, Serialize};

use super::agent;
use super::ports::Ports;
use crate::Error;

/// Memory and disk when only the CPU is limited: more than any computer has.
const PLENTY_MIB: u64 = 1 << 40;

/// The configuration of `region up`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UpConfig {
    /// Which region this is.
    pub region: RegionOptions,
    /// The api-server; what depends on ports follows them unless it is set.
    pub api: api_server::Config,
    /// The proxy.
    pub proxy: proxy::Config,
    /// The jobrunner.
    pub jobrunner: jobrunner::Config,
    /// The registry mirror; it lies in the state folder unless its folder is set.
    pub mirror: registry_mirror::Config,
    /// Where machines run.
    pub local: LocalOptions,
    /// `/livez`, `/readyz` and `/metrics`.
    pub admin: AdminOptions<0>,
    /// Logs.
    pub telemetry: TelemetryOptions,
}

/// The configuration section `local`; the machines' folder lies in the state folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LocalOptions {
    /// The agent's program.
    pub agent: Option<PathBuf>,
    /// How much CPU machines may use together; by default all of this computer's CPU and memory.
    pub cpu_millis: Option<u64>,
    /// First of the user ids that sandboxes get, when running as root.
    pub uids_first: Option<u32>,
    /// How many user ids there are.
    pub uids_count: Option<u32>,
    /// Folders besides `/usr` that every machine sees, read-only, at the same place.
    pub shared_folders: Vec<PathBuf>,
}

impl UpConfig {
    /// The defaults that differ from those of the roles alone, wherever `source` says that nobody has set anything.
    pub(super) fn for_a_laptop(&mut self, source: impl Fn(&str) -> Source) {
        if source("telemetry.filter") == Source::Default {
            // Somebody looks at this terminal: only what they should know of appears there.
            "warn".clone_into(&mut self.telemetry.filter);
        }
        if source("proxy.frame_ancestors") == Source::Default {
            // Trying an embedded environment must not need configuration.
            self.proxy.frame_ancestors = vec!["*".to_owned()];
        }
    }

    /// The configuration once the ports are known; what `source` says somebody has set stays.
    pub(super) fn with_ports(&self, ports: &Ports, source: impl Fn(&str) -> Source) -> Self {
        let Ports { api, proxy } = *ports;
        let mut config = self.clone();
        config.api.listen = api;
        config.proxy.listen = proxy;
        config.api.domain.clone_from(&config.proxy.domain);
        let is_free = |field| source(field) == Source::Default;
        if is_free("api.public_url") {
            config.api.public_url = format!("http://localhost:{}", api.port());
        }
        if is_free("api.proxy_scheme") {
            config.proxy.scheme.as_str().clone_into(&mut config.api.proxy_scheme);
        }
        if is_free("api.proxy_port") {
            config.api.proxy_port = Some(proxy.port());
        }
        if is_free("proxy.api_url") {
            config.proxy.api_url = format!("http://{api}");
        }
        config
    }
}

impl LocalOptions {
    /// The provider of a region, with its machines in this folder.
    ///
    /// # Errors
    /// [`Error::NotFound`] without an agent, [`Error::Failed`] when the folder cannot be used.
    pub(crate) fn open(&self, region: RegionName, machines: &Path) -> Result<Local, Error> {
        let mut config = local::Config::new(machines.to_owned(), agent::find(self.agent.as_deref())?);
        config.capacity = self.cpu_millis.map(|cpu_millis| Resources {
            cpu_millis,
            memory_mib: PLENTY_MIB,
            disk_mib: PLENTY_MIB,
            gpus: 0,
        });
        config.uids_first = self.uids_first.unwrap_or(config.uids_first);
        config.uids_count = self.uids_count.unwrap_or(config.uids_count);
        config.shared_folders.clone_from(&self.shared_folders);
        let opened = Local::open(region, config, Arc::new(SystemClock), Arc::new(OsRandom));
        opened.map_err(|error| Error::Failed(format!("machines cannot run here: {error}")))
    }
}
