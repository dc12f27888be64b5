//! A PostgreSQL server for this process: started when first asked for, on a Unix socket in a folder of its own,
//! and gone with the process, however that ends.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks whether it does.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The database folder is worth nothing after the test, so nothing waits for the disk.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off -c max_connections=500 -c listen_addresses= \
                        -c shared_buffers=64MB -c log_min_messages=fatal";

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
    /// Its end of a pipe: when this process ends, the pipe closes, and the supervisor stops the server.
    _supervisor: Child,
}

/// The server of this process.
///
/// # Errors
/// [`StartError`], in words that say what to install.
pub fn postgres() -> Result<&'static Postgres, &'static StartError> {
    static SERVER: OnceLock<Result<Postgres, StartError>> = OnceLock::new();
    SERVER.get_or_init(Postgres::start).as_ref()
}

impl Postgres {
    fn start() -> Result<Self, StartError> {
        let programs = programs().ok_or(StartError::NotInstalled)?;
        let folder = tempfile::Builder::new().prefix("qj-postgres-").tempdir()?.keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777))?;
        let supervisor = supervise(&programs, &folder)?;
        let server = Self { programs, folder, databases: AtomicU64::new(0), _supervisor: supervisor };
        server.wait()?;
        Ok(server)
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

    fn wait(&self) -> Result<(), StartError> {
        let begun = Instant::now();
        loop {
            match self.sql("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > START_DEADLINE => {
                    let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                    return Err(StartError::Late(format!("{error} {log}")));
                }
                Err(_) => std::thread::sleep(POLL_INTERVAL),
            }
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

/// Starts a shell that makes and runs the server until its standard input ends, then removes the folder. PostgreSQL
/// refuses to run as root; the package's own user does it then.
fn supervise(programs: &Path, folder: &Path) -> io::Result<Child> {
    const SCRIPT: &str = r#"
        if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --clear-groups"; else as=""; fi
        $as "$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 &&
        { $as "$1/postgres" -D "$2/data" -k "$2" $3 >>"$2/log" 2>&1 </dev/null & server=$!; }
        read -r _
        kill -QUIT "$server" 2>/dev/null
        wait "$server"
        rm -rf "$2"
    "#;
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", SCRIPT, "supervisor"]).arg(programs).arg(folder).arg(SETTINGS);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
