//! `region mirror verify`.

use std::time::Duration;

use indicatif::BinaryBytes;
use registry_mirror::api::{Verification, VerificationState};
use serde_json::{Value, json};

use super::MirrorAddress;
use super::bar::Bars;
use crate::Error;
use crate::api::{Api, read};
use crate::command::Invocation;

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// Which mirror.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Reads everything again; wrong blobs make the command fail, though the mirror has put them aside.
pub(super) async fn run(invocation: &Invocation, args: &VerifyArgs) -> Result<(), Error> {
    let api = args.mirror.api(invocation)?;
    let begun = api.post("/v1/verify", &json!({})).await?;
    let answer = follow(invocation, &api, begun).await?;
    let found: Verification = read("GET /v1/verify", &answer)?;
    invocation.output.print(&answer, || human(&found))?;
    if found.state == VerificationState::Failed {
        return Err(Error::Failed("the mirror could not read its folder; its log says why".to_owned()));
    }
    match found.wrong.len() {
        0 => Ok(()),
        wrong => Err(Error::Failed(format!("{wrong} blobs were wrong; the next pull fetches them anew"))),
    }
}

async fn follow(invocation: &Invocation, api: &Api, mut answer: Value) -> Result<Value, Error> {
    let mut bars = Bars::new(invocation);
    loop {
        let found: Verification = read("GET /v1/verify", &answer)?;
        if found.state != VerificationState::Running {
            return Ok(answer);
        }
        bars.show(0, "every kept blob", (found.bytes, found.bytes_total), "");
        tokio::time::sleep(LOOK_INTERVAL).await;
        answer = api.get("/v1/verify").await?;
    }
}

fn human(found: &Verification) -> String {
    let mut text = format!("{} blobs read, {}\n", found.blobs, BinaryBytes(found.bytes));
    for digest in &found.wrong {
        text.push_str(&format!("wrong: {digest}\n"));
    }
    text
}
