//! Values that must never be printed: not by `Debug`, not in the effective configuration, not in an error.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// What is shown in a secret's place.
pub const REDACTED: &str = "***";

/// Secrets are keys and passwords; a larger file is a mistake in the configuration.
const SECRET_FILE_LIMIT_BYTES: u64 = 64 * 1024;

/// A value that is shown as `***`. It has no `Display`; [`expose`](Secret::expose) is the one way to it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a secret value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde quotes the value it could not read, so its message is not passed on.
        T::deserialize(deserializer)
            .map(Self)
            .map_err(|_| D::Error::custom("a secret of another type or format (its value is not shown)"))
    }
}

/// The path of a file whose whole content, without the newline at its end, is a secret; as Kubernetes mounts
/// them. The path itself is no secret and is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SecretFile(PathBuf);

/// Why a secret's file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is missing or not readable by this process.
    #[error("secret file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file holds nothing, no text, or more than a secret can be.
    #[error("secret file {}: must hold 1 to {SECRET_FILE_LIMIT_BYTES} bytes of UTF-8 text", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
}

impl SecretFile {
    /// Names the file; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the secret. Each call reads anew, so that a rotated secret is seen.
    ///
    /// # Errors
    /// [`Error::Read`] when the file can't be read, [`Error::Content`] when it is empty, too large or not text.
    pub fn read(&self) -> Result<Secret<String>, Error> {
        let text = self.read_text().map_err(|source| Error::Read { path: self.0.clone(), source })?;
        match text.as_deref().map(|text| text.trim_end_matches(['\r', '\n'])) {
            Some(secret) if !secret.is_empty() => Ok(Secret(secret.to_owned())),
            Some(_) | None => Err(Error::Content { path: self.0.clone() }),
        }
    }

    fn read_text(&self) -> std::io::Result<Option<String>> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        std::fs::File::open(&self.0)?.take(SECRET_FILE_LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > SECRET_FILE_LIMIT_BYTES {
            return Ok(None);
        }
        Ok(String::from_utf8(bytes).ok())
    }
}

/// The secret in a file as plain text, for whoever makes its own kind of secret of it.
///
/// # Errors
/// As [`SecretFile::read`].
pub fn text_of(file: &Path) -> Result<String, Error> {
    SecretFile::new(file).read().map(|Secret(text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let secret: Secret<String> = toml::Value::String("hunter2".into()).try_into().unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), REDACTED);
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
    }

    #[test]
    fn a_refused_secret_is_not_quoted() {
        let error = toml::Value::String("hunter2".into()).try_into::<Secret<u16>>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(SecretFile::new(&path).read().unwrap().expose(), "s3cret");
        assert_eq!(text_of(&path).unwrap(), "s3cret");
    }

    #[test]
    fn a_bad_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = SecretFile::new(folder.path().join("missing"));
        assert!(matches!(missing.read(), Err(Error::Read { .. })));
        for content in ["".as_bytes(), b"\n", b"\xff\xfe", &vec![b'x'; 65 * 1024]] {
            let path = folder.path().join("key");
            std::fs::write(&path, content).unwrap();
            let error = SecretFile::new(&path).read().unwrap_err().to_string();
            assert!(error.contains("key: must hold 1 to 65536 bytes"), "{error}");
        }
    }
}
