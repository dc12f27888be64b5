//! Random texts that prove something, and the form in which they are stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use domain::random::Random;
use sha2::{Digest as _, Sha256};

/// What every key begins with, so that scanners for leaked secrets know one.
const KEY_PREFIX: &str = "qj_";
const RANDOM_BYTES: usize = 32;

/// A new API key's text. It is shown once; only [`hash_of`] it is stored.
#[must_use]
pub fn new_key(random: &dyn Random) -> String {
    format!("{KEY_PREFIX}{}", new_token(random))
}

/// A new code for the console's single-use login link (`{public_url}/console#code=…`).
#[must_use]
pub fn new_login_code(random: &dyn Random) -> String {
    new_token(random)
}

/// SHA-256 in hex: the form in which keys, tickets, login codes and sessions are stored. They are random and
/// long, so a slow hash would protect nothing more.
#[must_use]
pub fn hash_of(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

/// 256 random bits as text.
pub(crate) fn new_token(random: &dyn Random) -> String {
    let mut bytes = [0; RANDOM_BYTES];
    random.fill(&mut bytes);
    BASE64URL.encode(bytes)
}
