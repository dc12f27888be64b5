//! Sealing: what the store keeps of a caller's secrets. XChaCha20-Poly1305 under a key derived from the signing secret;
//! the sealed form is the 24-byte nonce followed by the ciphertext, bound to its context.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::id::{Ref, TenantId};
use crate::random::Random;
use crate::secret::Secret;

const NONCE_BYTES: usize = 24;

/// Seals and opens with the keys of one or two mounted secrets: the first seals, all open.
#[derive(Clone)]
pub struct Sealer(Vec<XChaCha20Poly1305>);

impl Sealer {
    /// The sealer of these secrets, the current one first.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let key = |secret: &Secret| XChaCha20Poly1305::new(&secret.derive("qingjiao sealing v1").into());
        Self(secrets.into_iter().map(key).collect())
    }

    /// The context of a sandbox's secrets.
    #[must_use]
    pub fn context(tenant: &TenantId, r#ref: &Ref) -> String {
        format!("{tenant}/{ref}")
    }

    /// Seals `plain` for `context`, such as tenant and ref; `None` when there is no key.
    #[must_use]
    pub fn seal(&self, random: &dyn Random, context: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = self.0.first()?.encrypt(XNonce::from_slice(&nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens what was sealed for the same context with any of the keys.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let open = |key: &XChaCha20Poly1305| {
            key.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: context.as_bytes() }).ok()
        };
        self.0.iter().find_map(open)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({} keys)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_in_its_context_with_a_valid_key() {
        let random = crate::random::OsRandom;
        let (old, new) = (Secret::new(&"a".repeat(32)).unwrap(), Secret::new(&"b".repeat(32)).unwrap());
        let sealed = Sealer::new([&old]).seal(&random, "t/r", b"token").unwrap();
        let rotated = Sealer::new([&new, &old]);
        assert_eq!(rotated.open("t/r", &sealed).unwrap(), b"token");
        assert_eq!(rotated.open("t/other", &sealed), None);
        assert_eq!(Sealer::new([&new]).open("t/r", &sealed), None);
        assert_eq!(rotated.open("t/r", b"short"), None);
    }
}
