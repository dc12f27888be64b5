//! Mounted secrets, and what is derived from them. Two of each may be valid while one is rotated.

mod mounted;

use hkdf::Hkdf;
pub use mounted::{NotMounted, SecretOptions, Secrets};
use sha2::Sha256;

use crate::random::Random;

/// Least length of a mounted secret, in bytes.
pub const SECRET_BYTES_MIN: usize = 32;

/// A mounted secret is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret needs at least {SECRET_BYTES_MIN} bytes")]
pub struct TooShort;

/// A secret shared by roles of one region. Its bytes never leave this type but derived.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes a mounted secret; surrounding white space, as editors leave it, doesn't count.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn new(text: &str) -> Result<Self, TooShort> {
        let bytes = text.trim().as_bytes().to_vec();
        if bytes.len() < SECRET_BYTES_MIN { Err(TooShort) } else { Ok(Self(bytes)) }
    }

    /// A new secret's text, to be written to where it is mounted.
    #[must_use]
    pub fn generate(random: &dyn Random) -> String {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        data_encoding::HEXLOWER.encode(&bytes)
    }

    /// 32 bytes for one purpose; others can't be computed from them.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // HKDF-SHA-256 gives up to 8,160 bytes; 32 always fit, so the result carries no news.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut key);
        key
    }

    /// The bearer token with which roles authenticate to each other.
    #[must_use]
    pub fn role_token(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.derive("qingjiao role token v1"))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}
