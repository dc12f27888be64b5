//! Seals the secrets of a sandbox before they are stored (docs/protocols.md, section 6): ChaCha20-Poly1305 under
//! a key derived from the role secret; a random nonce, then the ciphertext. Tenant and ref are authenticated
//! along with it, so that a row can't be moved to another tenant's sandbox.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use domain::id::{Ref, TenantId};
use domain::random::Random;
use domain::secret::Secret;

use crate::problem::{Kind, Problem};

const PURPOSE: &str = "qingjiao sealing v1";
const NONCE_BYTES: usize = 12;

/// Seals with one key.
#[derive(Clone)]
pub(crate) struct Sealer(Key);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(***)")
    }
}

impl Sealer {
    pub(crate) fn new(role_secret: &Secret) -> Self {
        Self(Key::from(role_secret.derive(PURPOSE)))
    }

    /// The secrets' JSON, sealed for this tenant and ref.
    pub(crate) fn seal(
        &self,
        secrets: &BTreeMap<String, String>,
        (tenant, r#ref): (&TenantId, &Ref),
        random: &dyn Random,
    ) -> Result<Vec<u8>, Problem> {
        let plain =
            serde_json::to_vec(secrets).map_err(|error| Problem::new(Kind::Internal).because(error))?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let bound_to = bound_to(tenant, r#ref);
        let payload = Payload { msg: &plain, aad: &bound_to };
        let sealed = ChaCha20Poly1305::new(&self.0).encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Problem::new(Kind::Internal).because("secrets can't be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }
}

fn bound_to(tenant: &TenantId, r#ref: &Ref) -> Vec<u8> {
    format!("{tenant}\0{ref}").into_bytes()
}

#[cfg(test)]
mod tests {
    use domain::random::OsRandom;

    use super::*;

    #[test]
    fn only_the_same_tenant_and_ref_open_it() {
        let secret = Secret::new(&"s".repeat(32)).unwrap();
        let sealer = Sealer::new(&secret);
        let (tenant, name): (TenantId, Ref) = ("school-9".parse().unwrap(), "s7".parse().unwrap());
        let secrets = BTreeMap::from([("git_token".to_owned(), "hunter2".to_owned())]);
        let sealed = sealer.seal(&secrets, (&tenant, &name), &OsRandom).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        let (nonce, text) = sealed.split_at(NONCE_BYTES);
        let open = |aad: &[u8]| {
            let nonce: [u8; NONCE_BYTES] = nonce.try_into().unwrap();
            ChaCha20Poly1305::new(&sealer.0).decrypt(&Nonce::from(nonce), Payload { msg: text, aad })
        };
        let opened: BTreeMap<String, String> =
            serde_json::from_slice(&open(&bound_to(&tenant, &name)).unwrap()).unwrap();
        assert_eq!(opened, secrets);
        assert!(open(b"school-8\0s7").is_err());
    }
}
