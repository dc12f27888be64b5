//! Debian's docker-registry (distribution) as a proxy.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Command;

pub(super) fn command(listen: SocketAddr, upstream: &str, folder: &Path) -> anyhow::Result<Command> {
    let file = folder.join("registry.yml");
    let storage = folder.join("storage");
    let text = format!(
        "version: 0.1\n\
         log: {{level: error, accesslog: {{disabled: true}}}}\n\
         storage: {{filesystem: {{rootdirectory: \"{}\"}}, cache: {{blobdescriptor: inmemory}}}}\n\
         http: {{addr: \"{listen}\"}}\n\
         proxy: {{remoteurl: \"{upstream}\"}}\n",
        storage.display()
    );
    std::fs::write(&file, text)?;
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(file);
    Ok(command)
}
