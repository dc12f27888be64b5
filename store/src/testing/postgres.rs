//! A PostgreSQL server for this process: started when first asked for, on a Unix socket in a folder of its own,
//! and gone with the process, however that ends.

use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a server may take until it answers.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks whether it does.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The database folder is worth nothing after the test, so nothing waits for the disk.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off -c max_connections=500 -c listen_addresses= \
                        -c shared_buffers=64MB -c log_min_messages=fatal";

/// For measuring: waits for the disk as in production, and logs statements as JSON where a database asks for it.
const DURABLE_SETTINGS: &str = "-c max_connections=200 -c listen_addresses= -c shared_buffers=256MB \
                                -c logging_collector=on -c log_destination=jsonlog -c log_directory=log \
                                -c log_filename=statements -c log_min_messages=log -c log_checkpoints=off";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is not installed.
    #[error("PostgreSQL was not found below /usr/lib/postgresql; install it: apt-get install postgresql-15")]
    NotInstalled,
    /// It does not answer.
    #[error("PostgreSQL did not answer in time: {0}")]
    Late(String),
    /// A command failed.
    #[error("{0}: {1}")]
    Command(String, String),
    /// Files or processes.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    databases: AtomicU64,
    /// Orders for its supervisor. When this process ends, the pipe closes, and the supervisor stops the server.
    orders: Mutex<ChildStdin>,
    _supervisor: Child,
}

/// The server that the tests of this process share.
///
/// # Errors
/// [`StartError`], in words that say what to install.
pub fn postgres() -> Result<&'static Postgres, &'static StartError> {
    static SERVER: OnceLock<Result<Postgres, StartError>> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start(SETTINGS)).as_ref()
}

impl Postgres {
    /// A server of the caller's own that writes to the disk as in production; it ends when this is dropped.
    ///
    /// # Errors
    /// [`StartError`], in words that say what to install.
    pub fn durable() -> Result<Self, StartError> {
        Self::start(DURABLE_SETTINGS)
    }

    /// A server of the caller's own for tests that crash it; it ends when this is dropped.
    ///
    /// # Errors
    /// [`StartError`], in words that say what to install.
    pub fn mortal() -> Result<Self, StartError> {
        Self::start(SETTINGS)
    }

    fn start(settings: &str) -> Result<Self, StartError> {
        let programs = programs().ok_or(StartError::NotInstalled)?;
        let folder = tempfile::Builder::new().prefix("qj-postgres-").tempdir()?.keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777))?;
        let mut supervisor = supervise(&programs, &folder, settings)?;
        let orders = supervisor
            .stdin
            .take()
            .map(Mutex::new)
            .ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let databases = AtomicU64::new(0);
        let server = Self { programs, folder, databases, orders, _supervisor: supervisor };
        server.wait_until(true)?;
        Ok(server)
    }

    /// Ends every connection and the server, without any farewell.
    ///
    /// # Errors
    /// [`StartError`] when it goes on answering.
    pub fn crash(&self) -> Result<(), StartError> {
        self.order("crash")?;
        self.wait_until(false)
    }

    /// Starts it again after a crash.
    ///
    /// # Errors
    /// [`StartError`] when it does not answer.
    pub fn start_again(&self) -> Result<(), StartError> {
        self.order("start")?;
        self.wait_until(true)
    }

    fn order(&self, order: &str) -> io::Result<()> {
        writeln!(self.orders.lock(), "{order}")
    }

    /// Makes an empty database and gives its address.
    ///
    /// # Errors
    /// [`StartError::Command`].
    pub fn database(&self) -> Result<String, StartError> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.display()))
    }

    /// The statements that were logged, one JSON object a line.
    ///
    /// # Errors
    /// [`StartError::Io`].
    pub fn logged(&self) -> Result<String, StartError> {
        Ok(std::fs::read_to_string(self.folder.join("data/log/statements.json"))?)
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// Where its programs are: psql, pgbench, pg_dump.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Runs a statement in a database and gives what it prints.
    ///
    /// # Errors
    /// [`StartError::Command`].
    pub fn sql(&self, database: &str, statement: &str) -> Result<String, StartError> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
        let output = command.arg("-h").arg(&self.folder).args(["-c", statement]).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(StartError::Command("psql".to_owned(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Waits until it answers, or no longer does.
    fn wait_until(&self, answers: bool) -> Result<(), StartError> {
        let begun = Instant::now();
        loop {
            let answer = self.sql("postgres", "SELECT 1");
            if answer.is_ok() == answers {
                return Ok(());
            }
            if begun.elapsed() > START_DEADLINE {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(StartError::Late(format!("{answer:?} {log}")));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

/// The newest installed version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions.filter_map(|version| {
        let version = version.ok()?;
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        let programs = version.path().join("bin");
        programs.join("postgres").exists().then_some((number, programs))
    });
    found.max().map(|(_, programs)| programs)
}

/// Starts a shell that makes and runs the server, crashes and starts it on order until its standard input ends, then
/// removes the folder. PostgreSQL refuses to run as root; the package's own user does it then.
fn supervise(programs: &Path, folder: &Path, settings: &str) -> io::Result<Child> {
    const SCRIPT: &str = r#"
        programs=$1 folder=$2 settings=$3
        if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --clear-groups"; else as=""; fi
        start() {
            $as "$programs/postgres" -D "$folder/data" -k "$folder" $settings >>"$folder/log" 2>&1 </dev/null &
            server=$!
        }
        crash() { kill -QUIT "$server" 2>/dev/null; wait "$server"; }
        $as "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1
        start
        while read -r order; do "$order"; done
        crash
        rm -rf "$folder"
    "#;
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", SCRIPT, "supervisor"]).arg(programs).arg(folder).arg(settings);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
