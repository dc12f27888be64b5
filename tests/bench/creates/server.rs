//! An api-server on a database that holds what it needs: a key and a template.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::random::OsRandom;
use domain::secret::Secret;
use domain::template::version_of;
use domain::time::SystemClock;
use http::HeaderMap;
use store::{NewKey, Options, Scope, Store};
use tempfile::TempDir;
use tests::outside::{Connection, Program, programs, until};
use tokio::net::TcpStream;
use tokio::process::Command;

const TEMPLATE: &str = include_str!("../../../region/templates/linux-shell.json");
/// Its name in requests.
pub(super) const TEMPLATE_NAME: &str = "linux-shell";
const START_DEADLINE: Duration = Duration::from_secs(30);
/// Beyond what a computer can do: the limit of requests is not what is measured.
const REQUESTS_PER_S: u32 = 10_000_000;

/// An api-server that runs.
#[derive(Debug)]
pub(super) struct Server {
    program: Program,
    address: SocketAddr,
    key: String,
    _secrets: TempDir,
}

impl Server {
    pub(super) async fn start(database: &str) -> anyhow::Result<Self> {
        let key = prepare(database).await?;
        let secrets = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(programs(&["api-server"])?.join("api-server"));
        for field in fields(database, address, &secrets)? {
            command.args(["--set", &field]);
        }
        let mut program = Program::start(command, false)?;
        until("the api-server listens", START_DEADLINE, async || {
            anyhow::ensure!(program.is_running()?, "the api-server ended");
            Ok(TcpStream::connect(address).await.ok())
        })
        .await?;
        Ok(Self { program, address, key, _secrets: secrets })
    }

    /// A connection with the platform's key.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", self.key).parse()?);
        Connection::open(self.address, "localhost", headers).await
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.program.stop().await
    }
}

fn fields(database: &str, address: SocketAddr, secrets: &TempDir) -> anyhow::Result<Vec<String>> {
    let file = |name: &str| -> anyhow::Result<String> {
        let file = secrets.path().join(name);
        std::fs::write(&file, Secret::generate(&OsRandom))?;
        Ok(format!("[\"{}\"]", file.display()))
    };
    Ok(vec![
        format!("store.url={database}"),
        format!("secrets.role_files={}", file("role.secret")?),
        format!("secrets.signing_files={}", file("signing.secret")?),
        format!("api.listen={address}"),
        format!("api.requests_per_s={REQUESTS_PER_S}"),
        format!("api.requests_burst={REQUESTS_PER_S}"),
        "admin.listen=127.0.0.1:0".to_owned(),
        "telemetry.filter=warn".to_owned(),
    ])
}

/// The name of a PostgreSQL database.
pub(super) fn database_of(url: &str) -> anyhow::Result<&str> {
    let path = url.split('?').next().and_then(|address| address.rsplit('/').next());
    path.context("an address without database")
}

/// Makes the tables, a template and a key, which it gives.
pub(super) async fn prepare(database: &str) -> anyhow::Result<String> {
    let store = Store::open(Options::new(database), Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    let template = serde_json::from_str(TEMPLATE)?;
    let version = version_of(&template).context("the template has no version")?;
    store.templates().publish(&TEMPLATE_NAME.parse()?, &version, &template).await?;
    let key = api_server::new_key(&OsRandom);
    let hash = api_server::hash_of(&key);
    let new = NewKey {
        id: "bench".to_owned(),
        hash,
        scope: Scope::Platform,
        tenant: None,
        name: "bench".to_owned(),
    };
    store.keys().create(new).await?;
    store.close().await;
    Ok(key)
}
