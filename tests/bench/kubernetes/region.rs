//! A region of one process for each role, in the cluster's network, with its sandboxes in a namespace of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::random::OsRandom;
use domain::secret::Secret;
use domain::template::version_of;
use domain::time::SystemClock;
use http::HeaderMap;
use kubernetes::Bare;
use serde_json::json;
use store::testing::Postgres;
use store::{NewKey, Options, Scope, Store};
use tempfile::TempDir;
use tests::cluster::{CLUSTER_CIDR, HUB_CIDR, namespace};
use tests::outside::{Connection, Platform, Program, programs, until};
use tokio::process::Command;

/// The one template.
pub(super) const TEMPLATE: &str = "shell";
const IMAGE: &str = "registry.test/shell:1";
const READY_DEADLINE: Duration = Duration::from_secs(60);
const GONE_DEADLINE: Duration = Duration::from_secs(120);

/// On which nodes machines run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nodes {
    /// Those that run them.
    Real,
    /// Those that only say so.
    Fake,
}

/// A region that runs.
#[derive(Debug)]
pub(super) struct Region {
    programs: Vec<Program>,
    pub(super) bare: Bare,
    pub(super) api: SocketAddr,
    pub(super) proxy: SocketAddr,
    pub(super) key: String,
    _postgres: Postgres,
    _folder: TempDir,
}

impl Region {
    /// Starts one whose sandboxes live in the namespace `name`.
    pub(super) async fn start(name: &str, agent_image: &str, nodes: Nodes) -> anyhow::Result<Self> {
        let kubeconfig: PathBuf = std::env::var_os("KUBECONFIG").context("KUBECONFIG is not set")?.into();
        namespace(name).await?;
        let bare = Bare::open(&kubeconfig, name).await?;
        let postgres = Postgres::durable()?;
        let url = postgres.database()?;
        let key = prepare(&url).await?;
        let [api, proxy] = [free()?, free()?];
        let folder = tempfile::tempdir()?;
        let config =
            Configuration { name, url: &url, agent_image, kubeconfig: &kubeconfig, nodes, api, proxy };
        config.write(folder.path())?;
        let mut region =
            Self { programs: Vec::new(), bare, api, proxy, key, _postgres: postgres, _folder: folder };
        for role in ["api-server", "proxy", "jobrunner"] {
            region.start_role(role).await?;
        }
        Ok(region)
    }

    async fn start_role(&mut self, role: &str) -> anyhow::Result<()> {
        let (admin, folder) = (free()?, self._folder.path());
        let mut command = Command::new(programs(&[role])?.join(role));
        command
            .arg("--config")
            .arg(folder.join("region.toml"))
            .args(["--set", &format!("admin.listen={admin}")]);
        let mut program = Program::start(command, false)?;
        let client = reqwest::Client::new();
        until(&format!("{role} is ready"), READY_DEADLINE, async || {
            ensure!(program.is_running()?, "{role} ended");
            let answer = client.get(format!("http://{admin}/readyz")).send().await;
            Ok(answer.ok().filter(|answer| answer.status().is_success()).map(drop))
        })
        .await?;
        self.programs.push(program);
        Ok(())
    }

    /// A connection to its API with the platform's key.
    pub(super) async fn platform(&self) -> anyhow::Result<Platform> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", self.key).parse()?);
        Ok(Platform::new(Connection::open(self.api, "localhost", headers).await?))
    }

    /// Deletes every sandbox, and waits until region and cluster have none.
    pub(super) async fn clear(&self) -> anyhow::Result<()> {
        let mut platform = self.platform().await?;
        until("every sandbox is gone", GONE_DEADLINE, async || {
            let left = platform.list().await?;
            let is_asked = |sandbox: &serde_json::Value| sandbox["wanted"] == "deleted";
            for sandbox in left.iter().filter(|sandbox| !is_asked(sandbox)) {
                platform.delete(sandbox["id"].as_str().context("a sandbox without id")?).await?;
            }
            Ok(left.is_empty().then_some(()))
        })
        .await?;
        Ok(self.bare.clear().await?)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.clear().await?;
        for program in self.programs.into_iter().rev() {
            program.stop().await?;
        }
        Ok(())
    }
}

/// What is written into the one configuration file of all roles.
struct Configuration<'a> {
    name: &'a str,
    url: &'a str,
    agent_image: &'a str,
    kubeconfig: &'a Path,
    nodes: Nodes,
    api: SocketAddr,
    proxy: SocketAddr,
}

impl Configuration<'_> {
    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let Self { name, url, agent_image, kubeconfig, nodes, api, proxy } = self;
        let secret = |file: &str| -> anyhow::Result<(String, String)> {
            let (path, text) = (folder.join(file), Secret::generate(&OsRandom));
            std::fs::write(&path, &text)?;
            Ok((path.display().to_string(), text))
        };
        let ((role_file, role), (signing_file, _)) = (secret("role.secret")?, secret("signing.secret")?);
        let (port, kubeconfig) = (proxy.port(), kubeconfig.display());
        let placing = match nodes {
            Nodes::Real => "",
            Nodes::Fake => {
                "node_selector = { type = \"fake\" }\ntolerations = [{ key = \"kwok.x-k8s.io/node\" }]"
            }
        };
        let text = format!(
            r#"
            region.name = "{name}"
            store.url = "{url}"
            telemetry.filter = "warn"
            secrets = {{ role_files = ["{role_file}"], signing_files = ["{signing_file}"] }}
            api = {{ listen = "{api}", proxy_port = {port}, runs = ["container"], requests_per_s = 100000, requests_burst = 100000 }}
            proxy = {{ listen = "{proxy}", domain = "localhost", role_secret = "{role}", api_url = "http://{api}" }}
            jobrunner.provider = "kubernetes"
            [kubernetes]
            kubeconfig = "{kubeconfig}"
            namespace = "{name}"
            agent_image = "{agent_image}"
            agent_callers = [{{ cidr = "{HUB_CIDR}" }}]
            egress_denied = ["{CLUSTER_CIDR}"]
            {placing}
            "#
        );
        Ok(std::fs::write(folder.join("region.toml"), text)?)
    }
}

fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Makes the tables, the template and the platform's key, which it gives.
async fn prepare(url: &str) -> anyhow::Result<String> {
    let store = Store::open(Options::new(url), Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    let template = json!({
        "machines": [{
            "name": "main",
            "runs": {"container": {"image": IMAGE, "command": ["/bin/sleep", "2147483647"]}},
            "resources": {"cpu_millis": 50, "memory_mib": 32},
            "apps": [{"name": "terminal", "kind": "terminal", "command": ["/bin/bash", "-l"]}],
            "start_deadline_s": 300,
        }],
        "policy": {"lifetime_s": 14400, "max_lifetime_s": 28800},
    });
    let version = version_of(&template).context("the template has no version")?;
    store.templates().publish(&TEMPLATE.parse()?, &version, &template).await?;
    let key = api_server::new_key(&OsRandom);
    let (id, name) = ("bench".to_owned(), "bench".to_owned());
    let new = NewKey { id, hash: api_server::hash_of(&key), scope: Scope::Operator, tenant: None, name };
    store.keys().create(new).await?;
    store.close().await;
    Ok(key)
}
