//! The state folder of `region up`: the database, secrets, keys and machines.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use api_server::Secrets;
use domain::random::OsRandom;
use domain::secret::Secret;

use crate::profile::{DATABASE_FILE, OPERATOR_KEY_FILE, PLATFORM_KEY_FILE, PROFILE_FILE, Profile};

/// A state folder that this process alone uses.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    /// Held as long as the process lives.
    _lock: File,
}

impl State {
    /// Makes the folder when there is none, and takes its lock.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder)?;
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        // Machines run under users of their own and pass through; every file in here has its own rights.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o711))?;
        let lock = File::options().create(true).append(true).mode(0o600).open(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!(
                "another `region up` uses {}: stop it, or choose another folder with --state DIR",
                folder.display()
            );
        }
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn database(&self) -> String {
        format!("sqlite:{}", self.folder.join(DATABASE_FILE).display())
    }

    pub(super) fn machines(&self) -> PathBuf {
        self.folder.join("m")
    }

    pub(super) fn platform_key(&self) -> PathBuf {
        self.folder.join(PLATFORM_KEY_FILE)
    }

    pub(super) fn operator_key(&self) -> PathBuf {
        self.folder.join(OPERATOR_KEY_FILE)
    }

    /// The secret that roles share, as the proxy's configuration takes it.
    pub(super) fn role_secret(&self) -> anyhow::Result<runtime::Secret<String>> {
        Ok(runtime::Secret::new(self.secret("role.secret")?))
    }

    /// Both secrets; made on the first start.
    pub(super) fn secrets(&self) -> anyhow::Result<Secrets> {
        let roles = vec![Secret::new(&self.secret("role.secret")?)?];
        let signing = vec![Secret::new(&self.secret("signing.secret")?)?];
        Ok(Secrets { roles, signing })
    }

    fn secret(&self, name: &str) -> anyhow::Result<String> {
        let file = self.folder.join(name);
        if !file.exists() {
            write_private(&file, &Secret::generate(&OsRandom))?;
        }
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    /// Leaves behind where the region is, for the other commands.
    pub(super) fn write_profile(&self, url: &str) -> anyhow::Result<()> {
        let text = toml::to_string(&Profile { url: url.to_owned() })?;
        let file = self.folder.join(PROFILE_FILE);
        fs::write(&file, text).with_context(|| file.display().to_string())
    }
}

/// Writes a file that only its owner can read, whole or not at all.
pub(super) fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let partial = file.with_extension("partial");
    let mut writer = File::options().create(true).write(true).truncate(true).mode(0o600).open(&partial)?;
    writer.write_all(text.as_bytes())?;
    writer.sync_all()?;
    fs::rename(&partial, file).with_context(|| file.display().to_string())
}
