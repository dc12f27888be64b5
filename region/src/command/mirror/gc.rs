//! `region mirror gc`.

use indicatif::BinaryBytes;
use registry_mirror::api::{GcRequest, GcResult};
use serde_json::json;

use super::MirrorAddress;
use crate::Error;
use crate::api::read;
use crate::command::Invocation;

const MIB_BYTES: u64 = 1024 * 1024;

/// How much room to make.
#[derive(Debug, clap::Args)]
pub struct GcArgs {
    /// In MiB [default: what is above the budget less its headroom]
    #[arg(long, value_name = "MIB")]
    pub free_mib: Option<u64>,
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Makes room.
pub(super) async fn run(invocation: &Invocation, args: &GcArgs) -> Result<(), Error> {
    let free_bytes = args.free_mib.map(|mib| mib.saturating_mul(MIB_BYTES));
    let answer = args.mirror.api(invocation)?.post("/v1/gc", &json!(GcRequest { free_bytes })).await?;
    let result: GcResult = read("POST /v1/gc", &answer)?;
    invocation.output.print(&answer, || format!("{} are free again", BinaryBytes(result.freed_bytes)))
}
