//! `region mirror`: images before anybody asks for them, and what of them is here.

mod bar;
mod gc;
mod hosts;
mod pin;
mod status;
mod verify;
mod warm;

use crate::Error;
use crate::api::Api;
use crate::command::Invocation;

/// Where a mirror's management API is when nothing else is said.
const DEFAULT_URL: &str = "http://127.0.0.1:5051";

/// Which mirror is spoken to.
#[derive(Clone, Debug, clap::Args)]
pub struct MirrorAddress {
    /// The mirror's management API [default: that of `region up` here, or http://127.0.0.1:5051]
    #[arg(long, env = "QINGJIAO_MIRROR_URL", value_name = "URL")]
    pub mirror_url: Option<String>,
}

/// What can be done with a mirror.
#[derive(Debug, clap::Subcommand)]
pub enum MirrorCommand {
    /// Fetch images now, and pin them if wanted
    Warm(warm::WarmArgs),
    /// Show which images would start now with every upstream dead, and what the disk holds
    Status(status::StatusArgs),
    /// Make room: the least recently used images that are not pinned go first
    Gc(gc::GcArgs),
    /// Read every kept blob again and put wrong ones aside
    Verify(verify::VerifyArgs),
    /// Pinned images: without one, list them; with one, end its pin
    Unpin(pin::UnpinArgs),
    /// Print the configuration that leads containerd, CRI-O and Docker to a mirror
    Hosts(hosts::HostsArgs),
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: MirrorCommand) -> Result<(), Error> {
    match command {
        MirrorCommand::Warm(args) => warm::run(invocation, args).await,
        MirrorCommand::Status(args) => status::run(invocation, &args).await,
        MirrorCommand::Gc(args) => gc::run(invocation, &args).await,
        MirrorCommand::Verify(args) => verify::run(invocation, &args).await,
        MirrorCommand::Unpin(args) => pin::run(invocation, &args).await,
        MirrorCommand::Hosts(args) => hosts::run(invocation, args).await,
    }
}

impl MirrorAddress {
    /// Its management API, which asks for no key.
    fn api(&self, invocation: &Invocation) -> Result<Api, Error> {
        let here = || invocation.connection.local_mirror();
        let url = self.mirror_url.clone().or_else(here).unwrap_or_else(|| DEFAULT_URL.to_owned());
        Api::new(&url, None)
    }
}
