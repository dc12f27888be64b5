//! What this computer must have for `region up`.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use domain::check::Check;
use domain::time::{Clock as _, SystemClock};
use store::Store;

use crate::Error;
use crate::command::{Invocation, StoreArgs};
use crate::samples;
use crate::up::{LocalOptions, UpConfig, find_agent};

/// Everything but the API.
pub(super) async fn checks(invocation: &Invocation) -> Result<Vec<Check>, Error> {
    let state = invocation.connection.state_folder()?;
    let mut checks = vec![clock(), pages(), sample_programs(), folder(&state)];
    checks.extend(machines(&state).await);
    let store = store(invocation).await;
    let is_running = store.is_running;
    checks.push(store.check);
    checks.push(ports(is_running));
    Ok(checks)
}

/// A clock that stands before this program was built makes every key and deadline wrong.
fn clock() -> Check {
    let now = SystemClock.now();
    let built_at = std::env::current_exe().and_then(std::fs::metadata).map_or(0, |own| own.mtime());
    if now.seconds() < built_at {
        return Check::bad(
            "clock",
            format!("it shows {now}, before this program was built"),
            "set the clock",
        );
    }
    Check::good("clock", now)
}

fn pages() -> Check {
    let missing = ["enter", "waiting", "terminal", "denied", "console"]
        .into_iter()
        .find(|page| web::page(page).is_none());
    match missing {
        Some(page) => Check::bad(
            "pages",
            format!("the page {page} is not in this program"),
            "run `make web` and build again",
        ),
        None => Check::good("pages", "all are in this program"),
    }
}

fn sample_programs() -> Check {
    const PYTHON: &str = "/usr/bin/python3";
    if Path::new(PYTHON).exists() {
        return match samples::missing() {
            None => Check::good("samples", "every sample template has its programs"),
            Some(remedy) => {
                Check::warning("samples", "one of them needs a program that is not there", remedy)
            }
        };
    }
    let detail = format!("{PYTHON} is not there: the sample template web-app will not start");
    Check::warning("samples", detail, "install the package python3-minimal")
}

fn folder(state: &Path) -> Check {
    let trial = state.join(".doctor");
    let tried = std::fs::create_dir_all(state)
        .and_then(|()| std::fs::write(&trial, ""))
        .and_then(|()| std::fs::remove_file(&trial));
    match tried {
        Ok(()) => Check::good("state folder", state.display()),
        Err(error) => Check::bad(
            "state folder",
            format!("{}: {error}", state.display()),
            "choose another with --state DIR",
        ),
    }
}

async fn machines(state: &Path) -> Vec<Check> {
    if let Err(error) = find_agent(None) {
        return vec![Check::bad("agent", error, "build it with `make agent`")];
    }
    match LocalOptions::default().open(UpConfig::default().region.name, &state.join("m")) {
        Ok(local) => local.doctor().await,
        Err(error) => vec![Check::bad("machines", error, "choose another folder with --state DIR")],
    }
}

/// What was found of the database.
struct Found {
    check: Check,
    /// Whether a region leads on it now.
    is_running: bool,
}

async fn store(invocation: &Invocation) -> Found {
    let args = StoreArgs::default();
    let check = match args.url(invocation) {
        Err(Error::NotFound(_)) => Check::good("store", "none yet: `region up` makes one"),
        Err(error) => Check::bad("store", error, "name one with QINGJIAO_STORE"),
        Ok(_) => match args.open(invocation).await {
            Ok(store) => return look(&store).await,
            Err(error) => Check::bad(
                "store",
                error,
                "look at its file, or restore a backup with `region store restore`",
            ),
        },
    };
    Found { check, is_running: false }
}

async fn look(store: &Store) -> Found {
    let now = SystemClock.now();
    match store.lease().holder(store::LEADER).await {
        Ok(Some((_, _, until))) if until > now => {
            Found { check: Check::good("store", "it answers, and a region runs on it"), is_running: true }
        }
        Ok(_) => Found { check: Check::good("store", "it answers"), is_running: false },
        Err(error) => Found { check: Check::bad("store", error, "look at its file"), is_running: false },
    }
}

fn ports(is_running: bool) -> Check {
    let config = UpConfig::default();
    let taken = [config.api.listen, config.proxy.listen]
        .into_iter()
        .find(|listen| TcpListener::bind(listen).is_err());
    match taken {
        None => Check::good("ports", "8000 and 8080 are free"),
        Some(_) if is_running => Check::good("ports", "in use by the region that runs here"),
        Some(listen) => {
            let remedy = "stop what listens there, or choose others with --api-port and --proxy-port";
            Check::warning("ports", format!("{listen} is in use"), remedy)
        }
    }
}
