//! The command line.

use clap::{Parser, Subcommand};

use crate::command::{
    capacity, completion, config, doctor, events, key, login, mirror, role, sandbox, store, template, tenant,
};
use crate::profile::Connection;
use crate::up;

/// Shown after the help.
const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong use or field · 3 not found · 4 conflict · 5 unavailable.
`region sandbox exec` ends with the exit code of the command that it ran.";

/// Run a region, and look at and steer any region.
#[derive(Debug, Parser)]
#[command(name = "region", version, about, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// Where the region is.
    #[command(flatten)]
    pub connection: Connection,

    /// Print JSON instead of tables and prose, also of errors
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole region on this computer
    Up(up::UpArgs),
    /// Print a new single-use login link to the console
    Login(login::LoginArgs),
    /// Check whether this computer, or a cluster, can run a region, and whether the region answers
    Doctor(doctor::DoctorArgs),
    /// Sandboxes: create, look at, enter, explain
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
    /// Templates: publish and look at
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Tenants and their quotas
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// What happened in the region
    Events(events::EventsArgs),
    /// How much room the region has
    Capacity,
    /// Take no new sandboxes
    Cordon(capacity::CordonArgs),
    /// Take new sandboxes again
    Uncordon,
    /// The registry mirror: warm, look, tidy up, lead engines to it
    #[command(subcommand)]
    Mirror(mirror::MirrorCommand),
    /// API keys (speaks to the store)
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The store: state, backup, restore (speaks to the store)
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// The configuration of `region up`
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Run the api-server alone
    ApiServer(role::RoleArgs),
    /// Run the proxy alone
    Proxy(role::RoleArgs),
    /// Run the jobrunner alone
    Jobrunner(role::RoleArgs),
    /// Run the registry mirror alone
    RegistryMirror(role::RoleArgs),
    /// Print a completion script for a shell
    Completion(completion::CompletionArgs),
}

#[cfg(test)]
mod tests;
