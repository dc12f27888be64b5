//! What `region up` says: where everything is, once it can be used, and what goes on after it ended.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use runtime::{Readiness, Stop};
use serde::Serialize;
use store::Store;

use super::{State, UpConfig};
use crate::command::login;
use crate::output::{self, Output};

/// Where everything is.
#[derive(Debug, Serialize)]
pub(super) struct Welcome {
    console_url: String,
    api_url: String,
    proxy_port: u16,
    admin_url: String,
    mirror_url: String,
    key_file: PathBuf,
    state: PathBuf,
}

impl Welcome {
    pub(super) fn new(config: &UpConfig, state: &State, admin: SocketAddr, code: &str) -> Self {
        Self {
            console_url: login::url(&config.api.public_url, code),
            api_url: config.api.public_url.clone(),
            proxy_port: config.proxy.listen.port(),
            admin_url: format!("http://{admin}"),
            mirror_url: String::new(),
            key_file: state.platform_key(),
            state: state.folder().to_owned(),
        }
    }

    /// With the address where container engines pull.
    pub(super) fn with_mirror(self, mirror_url: String) -> Self {
        Self { mirror_url, ..self }
    }

    /// Says it when the region can be used, and stays until the stop.
    pub(super) async fn when_ready(
        self,
        output: Output,
        ready: Readiness,
        stop: Stop,
    ) -> Result<(), Infallible> {
        if stop.unless_soft(ready.ready()).await.is_some() {
            let answer = serde_json::to_value(&self).unwrap_or_default();
            // A closed standard output is no reason to end a region.
            let _ = output.print_line(&answer, || self.text());
            stop.soft().await;
        }
        Ok(())
    }

    fn text(&self) -> String {
        let Self { console_url, api_url, proxy_port, admin_url, mirror_url, .. } = self;
        let (key_file, state) = (self.key_file.display(), self.state.display());
        let more = crate::samples::missing().map_or_else(String::new, |how| format!("  More      {how}\n"));
        let call = not_on_path()
            .map_or_else(String::new, |program| format!("  Command   alias region={}\n", program.display()));
        let here = if is_default(&self.state) { String::new() } else { format!(" --state {state}") };
        format!(
            "
  The region is up.

  Console   {console_url}
            (works once, within the hour; `region login{here}` makes a new one)
  API       {api_url}/v1   described at {api_url}/docs
  API key   export QINGJIAO_KEY=$(cat {key_file})
  Apps      http://APP--SANDBOX.localhost:{proxy_port}
  Images    pull through {mirror_url}; `region{here} mirror hosts` leads engines to it
  Health    {admin_url}/readyz
  State     {state}
{call}
  Try it    region{here} sandbox create linux-shell
            region{here} template list
{more}
  Ctrl-C stops the region. Its sandboxes go on running, and the next `region up` finds them again.
"
        )
    }
}

fn is_default(state: &Path) -> bool {
    crate::profile::default_state_folder().is_some_and(|folder| folder == state)
}

/// This program, when the word `region` doesn't call it.
fn not_on_path() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let called =
        std::env::split_paths(&folders).map(|folder| folder.join("region")).find(|file| file.is_file());
    let same = called.and_then(|file| file.canonicalize().ok()).is_some_and(|file| file == program);
    (!same).then_some(program)
}

/// What goes on without us.
pub(super) async fn goodbye(output: Output, store: &Store) {
    let Ok(live) = store.sandboxes().live().await else { return };
    let running = live.iter().filter(|sandbox| sandbox.status.phase.holds_machines()).count();
    if running > 0 && !output.json {
        let sandboxes = if running == 1 { "sandbox goes" } else { "sandboxes go" };
        // Standard output may be closed by now; nothing depends on this line.
        let _ = output::line(&format!(
            "  {running} {sandboxes} on running; the next `region up` finds them again."
        ));
    }
}
