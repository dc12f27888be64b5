//! Where a process's secrets are mounted, and the secrets that are there.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Secret;

/// The configuration section `secrets`. The first of each is used and all are valid, so that one can be rotated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretOptions {
    /// Files with the secrets that the region's roles share.
    pub role_files: Vec<PathBuf>,
    /// Files with the secrets that cookies and agents' tokens are signed with.
    pub signing_files: Vec<PathBuf>,
}

/// The mounted secrets: the first of each is used, all are valid.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Shared by the region's roles.
    pub roles: Vec<Secret>,
    /// What cookies and agents' tokens are signed with.
    pub signing: Vec<Secret>,
}

/// A secret is not where it is said to be, or is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("secrets.{field}: {}: {reason}", file.display())]
pub struct NotMounted {
    /// The field that names the file.
    pub field: &'static str,
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it, in words without its content.
    pub reason: String,
}

impl SecretOptions {
    /// The secrets in these files; `read` gives a file's text.
    ///
    /// # Errors
    /// [`NotMounted`] for the first file that `read` fails on or that holds no secret.
    pub fn load<E: Display>(&self, read: impl Fn(&Path) -> Result<String, E>) -> Result<Secrets, NotMounted> {
        let all = |field, files: &[PathBuf]| -> Result<Vec<Secret>, NotMounted> {
            let not = |file: &Path, reason: String| NotMounted { field, file: file.to_owned(), reason };
            let one = |file: &PathBuf| {
                let text = read(file).map_err(|error| not(file, error.to_string()))?;
                Secret::new(&text).map_err(|error| not(file, error.to_string()))
            };
            files.iter().map(one).collect()
        };
        Ok(Secrets {
            roles: all("role_files", &self.role_files)?,
            signing: all("signing_files", &self.signing_files)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_secret_is_named_and_not_quoted() {
        let options =
            SecretOptions { signing_files: vec!["s".into(), "t".into()], ..SecretOptions::default() };
        let read = |file: &Path| match file.to_str() {
            Some("s") => Ok("s".repeat(32)),
            Some("t") => Ok("hunter2".to_owned()),
            _ => Err("gone"),
        };
        let error = options.load(read).unwrap_err();
        assert_eq!(error.to_string(), "secrets.signing_files: t: a secret needs at least 32 bytes");
        let options = SecretOptions { role_files: vec!["r".into()], ..options };
        assert_eq!(options.load(read).unwrap_err().to_string(), "secrets.role_files: r: gone");
        let options = SecretOptions { role_files: vec![], signing_files: vec!["s".into()] };
        assert_eq!(options.load(read).unwrap().signing.len(), 1);
    }
}
