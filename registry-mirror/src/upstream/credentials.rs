//! A user and a password from a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runtime::{Secret, SecretFile};

/// A user and a password.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Secret<String>,
}

impl Credentials {
    /// Reads the file; words for the operator when it holds none.
    pub(super) fn read(file: &SecretFile) -> Result<Self, String> {
        let text = file.read().map_err(|error| error.to_string())?;
        let parts = text.expose().split_once(':').filter(|(user, _)| !user.is_empty());
        let (user, password) =
            parts.ok_or_else(|| format!("secret file {}: must hold user:password", file.path().display()))?;
        Ok(Self { user: user.to_owned(), password: Secret::new(password.to_owned()) })
    }

    /// The value of the `Authorization` header.
    pub(super) fn basic(&self) -> Secret<String> {
        let pair = format!("{}:{}", self.user, self.password.expose());
        Secret::new(format!("Basic {}", STANDARD.encode(pair)))
    }
}
