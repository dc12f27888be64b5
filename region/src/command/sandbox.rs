//! `region sandbox`.

mod access;
mod change;
mod copy;
mod create;
mod exec;
mod list;
mod machine;
mod show;

use std::process::ExitCode;

use super::Invocation;
use crate::Error;

pub use access::AccessArgs;
pub use change::{ChangeArgs, DeleteArgs, ExtendArgs, ResetArgs, WaitArgs};
pub use copy::CopyArgs;
pub use create::CreateArgs;
pub use exec::ExecArgs;
pub use list::ListArgs;

/// Sandboxes.
#[derive(Debug, clap::Subcommand)]
pub enum SandboxCommand {
    /// Make one from a template
    Create(CreateArgs),
    /// List them
    List(ListArgs),
    /// Show one
    Get {
        /// Its id
        id: String,
    },
    /// Tell its whole story: what it is, why, and what happens next
    Explain {
        /// Its id
        id: String,
    },
    /// Wait until it reaches a phase
    Wait(WaitArgs),
    /// Stop machines; homes are kept
    Stop(ChangeArgs),
    /// Start again
    Start(ChangeArgs),
    /// Begin anew with an empty home
    Reset(ResetArgs),
    /// Let it live longer
    Extend(ExtendArgs),
    /// Remove it
    Delete(DeleteArgs),
    /// Print an address that lets one person in once, within a minute
    Access(AccessArgs),
    /// As access, and open it in this desktop's browser
    Open(AccessArgs),
    /// Take back every access that was given; who is to come in again needs a new one
    Revoke {
        /// Their ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Run a command in it; ends with the command's exit code
    Exec(ExecArgs),
    /// Copy a file to or from it
    Cp(CopyArgs),
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: SandboxCommand) -> Result<ExitCode, Error> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        SandboxCommand::Create(args) => create::run(invocation, args).await.map(done),
        SandboxCommand::List(args) => list::run(invocation, args).await.map(done),
        SandboxCommand::Get { id } => show::get(invocation, &id).await.map(done),
        SandboxCommand::Explain { id } => show::explain(invocation, &id).await.map(done),
        SandboxCommand::Wait(args) => change::wait_for(invocation, &args).await.map(done),
        SandboxCommand::Stop(args) => change::stop(invocation, &args).await.map(done),
        SandboxCommand::Start(args) => change::start(invocation, &args).await.map(done),
        SandboxCommand::Reset(args) => change::reset(invocation, &args).await.map(done),
        SandboxCommand::Extend(args) => change::extend(invocation, &args).await.map(done),
        SandboxCommand::Delete(args) => change::delete(invocation, &args).await.map(done),
        SandboxCommand::Access(args) => access::access(invocation, &args).await.map(done),
        SandboxCommand::Open(args) => access::open(invocation, &args).await.map(done),
        SandboxCommand::Revoke { ids } => change::revoke(invocation, &ids).await.map(done),
        SandboxCommand::Exec(args) => exec::run(invocation, args).await,
        SandboxCommand::Cp(args) => copy::run(invocation, &args).await.map(done),
    }
}

/// Where the API has a sandbox, or something of it.
fn path(id: &str, rest: &str) -> String {
    format!("/v1/sandboxes/{}{rest}", crate::api::segment(id))
}
