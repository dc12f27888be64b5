//! The region's own mirror.

use std::net::SocketAddr;
use std::path::Path;

use tests::outside::programs;
use tokio::process::Command;

pub(super) fn command(listen: SocketAddr, upstream: &str, folder: &Path) -> anyhow::Result<Command> {
    let file = folder.join("mirror.toml");
    let place = folder.join("place");
    let text = format!(
        "[admin]\nlisten = \"127.0.0.1:0\"\n\
         [telemetry]\nfilter = \"warn\"\n\
         [mirror]\nlisten = \"{listen}\"\napi_listen = \"127.0.0.1:0\"\nfolder = \"{}\"\n\
         [[mirror.upstreams]]\nname = \"bench\"\nregistries = [\"docker.io\"]\nurl = \"{upstream}\"\n\
         plain_http = true\n",
        place.display()
    );
    std::fs::write(&file, text)?;
    let mut command = Command::new(programs(&["registry-mirror"])?.join("registry-mirror"));
    command.arg("--config").arg(file);
    Ok(command)
}
