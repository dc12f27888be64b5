//! Which region a command speaks to, and with which key.
//!
//! Flags win over the environment, and both over what `region up` left in its state folder, so that on a laptop no
//! flag is needed. A key is never a flag's value: it would show in the list of processes.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use runtime::{Secret, SecretFile};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::api::Api;

/// State folder of `region up` when it runs as root.
const ROOT_STATE_FOLDER: &str = "/var/lib/qingjiao";
/// Name of the profile in a state folder.
pub const PROFILE_FILE: &str = "profile.toml";
/// Name of the operator's key in a state folder.
pub const OPERATOR_KEY_FILE: &str = "operator.key";
/// Name of the platform's key in a state folder.
pub const PLATFORM_KEY_FILE: &str = "platform.key";
/// Name of the database in a state folder.
pub const DATABASE_FILE: &str = "region.db";

/// Where a region is, and who asks.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Connection {
    /// The region's API [default: the region that `region up` started here]
    #[arg(long, global = true, env = "QINGJIAO_URL", value_name = "URL", help_heading = "Region")]
    pub url: Option<String>,

    /// File with the API key; or put the key itself into QINGJIAO_KEY
    #[arg(long, global = true, env = "QINGJIAO_KEY_FILE", value_name = "FILE", help_heading = "Region")]
    pub key_file: Option<PathBuf>,

    /// State folder of `region up` [default: ~/.local/share/qingjiao; as root /var/lib/qingjiao]
    #[arg(long, global = true, env = "QINGJIAO_STATE", value_name = "DIR", help_heading = "Region")]
    pub state: Option<PathBuf>,
}

/// What `region up` leaves behind for the commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The API's address.
    pub url: String,
    /// The management API of its mirror.
    #[serde(default)]
    pub mirror_url: Option<String>,
}

impl Connection {
    /// The state folder.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no home folder to put it in.
    pub fn state_folder(&self) -> Result<PathBuf, Error> {
        let homeless = || Error::Usage("HOME is not set: name a state folder with --state DIR".to_owned());
        self.state.clone().or_else(default_state_folder).ok_or_else(homeless)
    }

    /// The store's URL: as given, else the database in the state folder, which must exist.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no database.
    pub fn store_url(&self, given: Option<&Secret<String>>) -> Result<Secret<String>, Error> {
        if let Some(url) = given {
            return Ok(url.clone());
        }
        let database = self.state_folder()?.join(DATABASE_FILE);
        if database.exists() {
            return Ok(Secret::new(format!("sqlite:{}", database.display())));
        }
        let message = format!(
            "there is no database at {}: start a region with `region up`, or name a store with --store URL",
            database.display()
        );
        Err(Error::NotFound(message))
    }

    /// Where the database of the state folder is or would be.
    ///
    /// # Errors
    /// [`Error::Usage`] without a state folder.
    pub fn new_store_url(&self) -> Result<Secret<String>, Error> {
        Ok(Secret::new(format!("sqlite:{}", self.state_folder()?.join(DATABASE_FILE).display())))
    }

    /// The API of the region that is meant.
    ///
    /// # Errors
    /// [`Error::Usage`] when nothing says which, [`Error::File`] when the key's file can't be read.
    pub fn api(&self) -> Result<Api, Error> {
        let state = self.state_folder()?;
        let (url, is_local) = match &self.url {
            Some(url) => (url.clone(), false),
            None => (read_profile(&state)?.url, true),
        };
        Api::new(&url, self.key(&state, is_local)?)
    }

    /// The management API of the mirror that `region up` runs here, if it has left its profile.
    #[must_use]
    pub fn local_mirror(&self) -> Option<String> {
        read_profile(&self.state_folder().ok()?).ok()?.mirror_url
    }

    /// The local region's own key is not sent to other regions.
    fn key(&self, state: &Path, is_local: bool) -> Result<Option<Secret<String>>, Error> {
        if let Some(file) = &self.key_file {
            return read_key(file).map(Some);
        }
        if let Ok(key) = std::env::var("QINGJIAO_KEY")
            && !key.trim().is_empty()
        {
            return Ok(Some(Secret::new(key.trim().to_owned())));
        }
        let own = state.join(OPERATOR_KEY_FILE);
        let has_own = is_local && own.exists();
        has_own.then(|| read_key(&own)).transpose()
    }
}

/// The state folder when none is named. Root's home is closed to others, but machines run under users of their own
/// and must pass through.
pub(crate) fn default_state_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if is_root() {
        return Some(PathBuf::from(ROOT_STATE_FOLDER));
    }
    let data = variable("XDG_DATA_HOME");
    Some(data.or_else(|| variable("HOME").map(|home| home.join(".local/share")))?.join("qingjiao"))
}

/// A process's own folder belongs to its effective user.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn read_key(file: &Path) -> Result<Secret<String>, Error> {
    SecretFile::new(file).read().map_err(|error| Error::Usage(format!("--key-file: {error}")))
}

fn read_profile(state: &Path) -> Result<Profile, Error> {
    let file = state.join(PROFILE_FILE);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(no_region(state)),
        Err(error) => return Err(Error::file(&file)(error)),
    };
    toml::from_str(&text).map_err(|error| Error::Failed(format!("{}: {}", file.display(), error.message())))
}

fn no_region(state: &Path) -> Error {
    let words = "no region is known: start one on this computer with `region up`, or name one with --url or QINGJIAO_URL";
    Error::Usage(format!("{words} (looked into {})", state.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(folder: &Path) -> Connection {
        Connection { state: Some(folder.to_owned()), ..Connection::default() }
    }

    #[test]
    fn the_profile_of_region_up_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            toml::to_string(&Profile { url: "http://localhost:8000".into(), mirror_url: None }).unwrap();
        std::fs::write(folder.path().join(PROFILE_FILE), text).unwrap();
        assert_eq!(at(folder.path()).api().unwrap().base(), "http://localhost:8000");
    }

    #[test]
    fn without_a_region_the_remedy_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = at(folder.path()).api().unwrap_err().to_string();
        assert!(error.contains("region up") && error.contains("--url"), "{error}");
        let error = at(folder.path()).store_url(None).unwrap_err().to_string();
        assert!(error.contains("--store"), "{error}");
    }

    #[test]
    fn a_bad_key_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("empty.key");
        std::fs::write(&file, "").unwrap();
        let connection =
            Connection { url: Some("http://localhost:1".into()), key_file: Some(file), ..at(folder.path()) };
        assert!(connection.api().unwrap_err().to_string().contains("empty.key"));
    }
}
