//! The door into a machine of `region up`, for whoever holds the region's secrets: its agent's socket and a token.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::secret::Secret;
use domain::time::{Clock as _, SystemClock};
use domain::token::{AgentClaims, Signer, Verb};

const TOKEN_S: u64 = 24 * 3600;
/// Where sockets lie below the state folder.
const SOCKETS: &str = "m/s";

/// The way to one agent.
#[derive(Debug)]
pub struct Door {
    /// The agent's socket.
    pub socket: PathBuf,
    /// The right to do these things there.
    pub token: String,
}

impl Door {
    /// To the first incarnation of the machine `main` of a sandbox, the only one of the region.
    ///
    /// # Errors
    /// That there is no machine.
    pub fn to_the_only_machine(state: &Path, sandbox: &str, verbs: Vec<Verb>) -> anyhow::Result<Self> {
        let folder = state.join(SOCKETS);
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut files = entries.flatten().map(|entry| entry.path());
        let socket = files.find(|file| file.extension().is_some_and(|end| end == "sock"));
        let secret = Secret::new(&std::fs::read_to_string(state.join("signing.secret"))?)?;
        let exp = SystemClock.now().plus_s(TOKEN_S).seconds();
        let claims = AgentClaims { sbx: sandbox.parse()?, mch: "main".parse()?, inc: 1, vrb: verbs, exp };
        Ok(Self { socket: socket.context("no agent's socket")?, token: Signer::new(&secret).sign(&claims) })
    }
}
