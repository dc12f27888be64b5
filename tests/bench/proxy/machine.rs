//! The app in a machine of a region.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use domain::token::Verb;
use serde_json::json;
use tempfile::TempDir;
use tests::outside::{Door, Region, Setup, Student};

use super::app;

/// The app's port inside the machine.
pub(super) const PORT: u16 = 8000;
/// A folder through which every user may pass.
const PASSABLE: &str = "/var/lib";
/// All of a small computer, so that no limit of the machine's is what is measured.
const CPU_MILLIS: usize = 2_000;

/// A machine that runs the app, and a student who may enter it.
#[derive(Debug)]
pub(super) struct Machine {
    student: Student,
    _shared: TempDir,
    pub(super) door: Door,
}

impl Machine {
    /// Starts a region and the machine in it.
    pub(super) async fn start(state: &Path) -> anyhow::Result<(Region, Self)> {
        // Machines see no folder but `/usr` and what is shared with them, and have a `/tmp` of their own.
        let own = std::env::current_exe()?;
        let beside = own.parent().context("no folder")?;
        // As root, machines run under users of their own, who may not pass through root's home.
        let place = if nix::unistd::geteuid().is_root() { Path::new(PASSABLE) } else { beside };
        let shared = tempfile::Builder::new().prefix("qj-app-").tempdir_in(place)?;
        std::fs::set_permissions(&shared, Permissions::from_mode(0o755))?;
        let program = shared.path().join("app");
        std::fs::copy(&own, &program)?;
        let fields = vec![
            format!("local.shared_folders=[\"{}\"]", shared.path().display()),
            format!("local.cpu_millis={CPU_MILLIS}"),
        ];
        let region = Region::up(state, &Setup { fields, ..Setup::default() }).await?;
        let mut platform = region.platform().await?;
        platform.publish("bench-app", &template(&program)).await?;
        let id = platform.create("bench-app", "bench-app").await?;
        platform.phase(&id, "ready").await?;
        let student = Student::enter(region.proxy(), &platform.access(&id, "web").await?).await?;
        let door = Door::to_the_only_machine(state, &id, vec![Verb::Connect])?;
        Ok((region, Self { student, door, _shared: shared }))
    }

    /// What a browser on the app's host sends.
    pub(super) fn headers(&self) -> anyhow::Result<Vec<String>> {
        Ok(vec![format!("Host: {}", self.student.host()), format!("Cookie: {}", self.student.cookie()?)])
    }
}

fn template(program: &Path) -> serde_json::Value {
    json!({
        "machines": [{
            "name": "main",
            "runs": {"process": {"command": [program, app::ARGUMENT, PORT.to_string()]}},
            "resources": {"cpu_millis": CPU_MILLIS, "memory_mib": 512},
            "apps": [{"name": "web", "kind": "http", "port": PORT}],
            "ready": {"http": {"app": "web", "path": "/", "status": 200}},
        }],
        "policy": {"lifetime_s": 3600, "max_lifetime_s": 3600},
    })
}
