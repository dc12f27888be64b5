//! nginx as a reverse proxy to the app, in a folder of its own.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use tempfile::TempDir;
use tests::outside::{Program, until};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::CONNECTIONS;

const START_DEADLINE: Duration = Duration::from_secs(10);

/// nginx that runs.
#[derive(Debug)]
pub(super) struct Nginx {
    program: Program,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    pub(super) async fn start(app: SocketAddr) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(address, app, &folder))?;
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).args(["-e", "stderr"]);
        let program = Program::start(command, false)?;
        until("nginx listens", START_DEADLINE, async || Ok(TcpStream::connect(address).await.ok())).await?;
        Ok(Self { program, address, _folder: folder })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.program.stop().await
    }
}

/// A worker for each core, connections to the app kept, no access log.
fn configuration(listen: SocketAddr, app: SocketAddr, folder: &TempDir) -> String {
    let folder = folder.path().display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; {user} worker_processes auto; error_log stderr error; pid {folder}/nginx.pid;
        events {{ worker_connections 4096; }}
        http {{
          access_log off; keepalive_requests 1000000000;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
          uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          upstream app {{ server {app}; keepalive {CONNECTIONS}; keepalive_requests 1000000000; }}
          server {{
            listen {listen};
            location / {{
              proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\";
              proxy_set_header Host $host;
            }}
          }}
        }}"
    )
}
