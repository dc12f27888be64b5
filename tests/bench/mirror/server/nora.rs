//! NORA, a registry in Rust whose proxy shares downloads too. `scripts/bench` installs it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

/// Where it was installed.
const PROGRAM: &str = "QINGJIAO_NORA";

pub(super) fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::var_os(PROGRAM);
    program.map(PathBuf::from).with_context(|| format!("{PROGRAM} is not set: run `make bench S=mirror`"))
}

/// No accounts, no rate limits, nothing but images.
pub(super) fn command(listen: SocketAddr, upstream: &str, folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    command
        .arg("serve")
        .env("NORA_HOST", listen.ip().to_string())
        .env("NORA_PORT", listen.port().to_string())
        .env("NORA_STORAGE_PATH", folder.join("storage"))
        .env("NORA_DOCKER_UPSTREAMS", upstream)
        .env("NORA_REGISTRIES_ENABLE", "docker")
        .env("NORA_AUTH_ENABLED", "false")
        .env("NORA_RATE_LIMIT_ENABLED", "false")
        .env("RUST_LOG", "warn");
    Ok(command)
}
