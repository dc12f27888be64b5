//! The jobrunner's limits, each with a default that works.

use serde::{Deserialize, Serialize};

/// Configuration of the jobrunner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What runs this region's machines; its own section has its name.
    pub provider: ProviderKind,
    /// How long a lead lasts without renewal, in milliseconds.
    pub lease_ms: u64,
    /// Longest time between two looks at everything, in milliseconds; wakes make it sooner.
    pub reconcile_interval_ms: u64,
    /// Sandboxes worked on at once.
    pub concurrent_sandboxes: usize,
    /// Longest wait for an agent's answer to a probe, in milliseconds.
    pub probe_timeout_ms: u64,
    /// Time between two looks at the programs of ready sandboxes, in milliseconds.
    pub health_interval_ms: u64,
    /// How long an unknown resource must have been seen before it is swept, in seconds.
    pub sweep_grace_s: u64,
    /// Time between two sweeps, in seconds.
    pub sweep_interval_s: u64,
    /// Percentage of all resources beyond which the sweep stops and alarms.
    pub sweep_brake_percent: u64,
    /// Number of resources that may always be swept, whatever the percentage.
    pub sweep_brake_floor: u64,
    /// Added to a template's maximum lifetime for the resource's own deadline, in seconds.
    pub deadline_margin_s: u64,
    /// Time between two looks at expiry and idleness, in seconds.
    pub expiry_interval_s: u64,
    /// Time between two looks at what is too old to be kept, in seconds.
    pub retention_interval_s: u64,
}

/// What runs machines. Only where a process is put together is it told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Processes on this computer.
    Local,
    /// Pods of a cluster.
    Kubernetes,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            provider: ProviderKind::Local,
            lease_ms: 5_000,
            reconcile_interval_ms: 2_000,
            concurrent_sandboxes: 64,
            probe_timeout_ms: 1_000,
            health_interval_ms: 3_000,
            sweep_grace_s: 60,
            sweep_interval_s: 15,
            sweep_brake_percent: 20,
            sweep_brake_floor: 10,
            deadline_margin_s: 3_600,
            expiry_interval_s: 1,
            retention_interval_s: 60,
        }
    }
}
