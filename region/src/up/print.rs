//! What `region up` says.

use std::io::Write as _;

use store::Store;

use super::Up;
use crate::output::Output;

/// Where everything is, once it listens.
pub(super) fn started(output: Output, up: &Up) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if output.json {
        writeln!(out, "{}", serde_json::to_string(up)?)?;
        return Ok(());
    }
    let key_file = up.key_file.display();
    writeln!(out, "\n  The region is up.\n")?;
    writeln!(out, "  Console   {}", up.console_url)?;
    writeln!(out, "            (the link works once, within the hour)")?;
    writeln!(out, "  API       {}/v1   documentation: {}/docs", up.api_url, up.api_url)?;
    writeln!(out, "  API key   export QINGJIAO_KEY=$(cat {key_file})")?;
    writeln!(out, "  Apps      http://APP--SANDBOX.localhost:{}", up.proxy_port)?;
    writeln!(out, "  State     {}\n", up.state.display())?;
    writeln!(
        out,
        "  Ctrl-C stops the region; sandboxes go on running, and the next `region up` finds them.\n"
    )?;
    out.flush()?;
    Ok(())
}

/// What goes on without us.
pub(super) async fn stopped(output: Output, store: &Store) {
    let Ok(live) = store.sandboxes().live().await else { return };
    let running = live.iter().filter(|sandbox| sandbox.status.phase.holds_machines()).count();
    if running > 0 && !output.json {
        // Standard output may be closed by now; nothing depends on this line.
        let _ = writeln!(
            std::io::stdout(),
            "  {running} sandboxes go on running; the next `region up` finds them."
        );
    }
}
