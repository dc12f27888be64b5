//! The state folder of `region up`: the database, secrets, keys and machines.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use domain::random::OsRandom;
use domain::secret::{Secret, Secrets};

use crate::Error;
use crate::private_file;
use crate::profile::{DATABASE_FILE, OPERATOR_KEY_FILE, PLATFORM_KEY_FILE, PROFILE_FILE, Profile};

/// Name of the folder of machines and homes: short, because sockets lie below it and their paths have a limit.
const MACHINES: &str = "m";
const ROLE_SECRET_FILE: &str = "role.secret";
const SIGNING_SECRET_FILE: &str = "signing.secret";
const LOCK_FILE: &str = "lock";

/// A state folder that this process alone uses.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    /// Held as long as the process lives, however it ends.
    _lock: File,
}

impl State {
    /// Makes the folder when there is none, and takes its lock.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let folder = std::path::absolute(folder).map_err(Error::file(folder))?;
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        // Machines run under users of their own and pass through; every file in here has its own rights.
        let passable = fs::Permissions::from_mode(0o711);
        fs::set_permissions(&folder, passable).map_err(Error::file(&folder))?;
        let lock = lock(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The database's URL. The file is made here, so that only its owner can read it.
    pub(super) fn database_url(&self) -> Result<String, Error> {
        let file = self.folder.join(DATABASE_FILE);
        let made = File::options().create(true).append(true).mode(0o600).open(&file);
        made.map_err(Error::file(&file))?;
        Ok(format!("sqlite:{}", file.display()))
    }

    pub(super) fn machines(&self) -> PathBuf {
        self.folder.join(MACHINES)
    }

    pub(super) fn platform_key(&self) -> PathBuf {
        self.folder.join(PLATFORM_KEY_FILE)
    }

    pub(super) fn operator_key(&self) -> PathBuf {
        self.folder.join(OPERATOR_KEY_FILE)
    }

    /// The secret that roles share, as the proxy's configuration takes it.
    pub(super) fn role_secret(&self) -> Result<runtime::Secret<String>, Error> {
        self.text(ROLE_SECRET_FILE).map(runtime::Secret::new)
    }

    /// Both secrets; made on the first start.
    pub(super) fn secrets(&self) -> Result<Secrets, Error> {
        Ok(Secrets {
            roles: vec![self.secret(ROLE_SECRET_FILE)?],
            signing: vec![self.secret(SIGNING_SECRET_FILE)?],
        })
    }

    fn secret(&self, name: &str) -> Result<Secret, Error> {
        let short = |error| Error::Failed(format!("{}: {error}", self.folder.join(name).display()));
        Secret::new(&self.text(name)?).map_err(short)
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        let file = self.folder.join(name);
        if !file.exists() {
            private_file::write(&file, &Secret::generate(&OsRandom))?;
        }
        fs::read_to_string(&file).map_err(Error::file(&file))
    }

    /// Leaves behind where the region is, for the other commands.
    pub(super) fn write_profile(&self, url: &str, mirror_url: String) -> Result<(), Error> {
        let text = toml::to_string(&Profile { url: url.to_owned(), mirror_url: Some(mirror_url) })
            .map_err(|error| Error::Failed(format!("{PROFILE_FILE}: {error}")))?;
        private_file::write(&self.folder.join(PROFILE_FILE), &text)
    }
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK_FILE);
    let lock =
        File::options().create(true).append(true).mode(0o600).open(&path).map_err(Error::file(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::Conflict(format!(
            "another `region up` uses {}: stop it, or choose another folder with --state DIR",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Error::file(&path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_one_process_uses_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = State::open(folder.path()).unwrap();
        let refused = State::open(folder.path()).unwrap_err();
        assert_eq!(refused.exit(), crate::error::Exit::Conflict);
        assert!(refused.to_string().contains("--state"), "{refused}");
        drop(first);
        State::open(folder.path()).unwrap();
    }

    #[test]
    fn secrets_are_made_once_and_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let first = state.secrets().unwrap().signing[0].role_token();
        assert_eq!(state.secrets().unwrap().signing[0].role_token(), first);
        assert_ne!(state.secrets().unwrap().roles[0].role_token(), first);
        state.database_url().unwrap();
        for name in [ROLE_SECRET_FILE, SIGNING_SECRET_FILE, DATABASE_FILE, LOCK_FILE] {
            assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn a_spoilt_secret_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        fs::write(folder.path().join(ROLE_SECRET_FILE), "short").unwrap();
        let error = state.secrets().unwrap_err().to_string();
        assert!(error.contains("role.secret: a secret needs at least 32 bytes"), "{error}");
    }
}
