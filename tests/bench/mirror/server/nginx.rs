//! nginx as a cache that lets one request through for all that wait.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Command;

pub(super) fn command(listen: SocketAddr, upstream: &str, folder: &Path) -> anyhow::Result<Command> {
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration(listen, upstream, folder))?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(file).arg("-p").arg(folder).args(["-e", "stderr"]);
    Ok(command)
}

/// A worker for each core, sendfile, and the directives of caches for images: one key for each path, a lock for
/// each key, downloads that survive their client.
fn configuration(listen: SocketAddr, upstream: &str, folder: &Path) -> String {
    let folder = folder.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; {user} worker_processes auto; error_log stderr error; pid {folder}/nginx.pid;
        events {{ worker_connections 4096; }}
        http {{
          access_log off; sendfile on; tcp_nopush on;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
          uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          proxy_cache_path {folder}/cache levels=1:2 keys_zone=images:10m max_size=32g inactive=60d
            use_temp_path=off;
          server {{
            listen {listen} backlog=4096;
            location / {{
              proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection \"\";
              proxy_cache images; proxy_cache_key $uri; proxy_cache_valid 200 206 60d;
              proxy_cache_lock on; proxy_cache_lock_timeout 900s; proxy_ignore_client_abort on;
              proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
            }}
          }}
        }}"
    )
}
