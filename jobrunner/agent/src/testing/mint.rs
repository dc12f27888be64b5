//! Tokens, good and bad.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;

use crate::args::NamedKey;

/// The id of the key that test machines know.
pub(crate) const KEY_ID: &str = "0a1b2c3d";
const SEED: u8 = 7;

/// What a token shall say.
pub(crate) struct Mint {
    pub(crate) purpose: &'static str,
    pub(crate) key_id: &'static str,
    pub(crate) seed: u8,
    pub(crate) sandbox: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) incarnation: u64,
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) exp: i64,
}

impl Default for Mint {
    fn default() -> Self {
        Self {
            purpose: "agent",
            key_id: KEY_ID,
            seed: SEED,
            sandbox: "bj-1",
            machine: "main",
            incarnation: 3,
            verbs: vec!["connect", "terminal", "exec", "files", "bind", "probe"],
            exp: i64::MAX,
        }
    }
}

impl Mint {
    /// The token.
    pub(crate) fn token(&self) -> String {
        let claims = json!({"sbx": self.sandbox, "mch": self.machine, "inc": self.incarnation, "vrb": self.verbs,
            "exp": self.exp, "new": "a field of a later release"});
        let signed = format!("v1.{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(claims.to_string()));
        let message = [self.purpose.as_bytes(), b"\0", signed.as_bytes()].concat();
        let signature = SigningKey::from_bytes(&[self.seed; 32]).sign(&message);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// The public key that test machines know.
pub(crate) fn public_key() -> NamedKey {
    (KEY_ID.to_owned(), SigningKey::from_bytes(&[SEED; 32]).verifying_key())
}
