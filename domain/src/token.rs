//! Tokens that are verified offline: `v1.<key id>.<claims>.<signature>` (docs/protocols.md, section 1).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::id::{AppName, MachineName, SandboxId};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Longest token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// Claims of a token, and the purpose that separates it from every other kind.
pub trait Claims: Serialize + DeserializeOwned {
    /// Part of what is signed.
    const PURPOSE: &'static str;
    /// Seconds since the epoch after which it is refused.
    fn expires_at_s(&self) -> i64;
}

/// What a token for an agent may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Reach a port.
    Connect,
    /// Attach to terminals.
    Terminal,
    /// Run commands.
    Exec,
    /// Read and write files.
    Files,
    /// Personalise.
    Bind,
    /// Ask for readiness and state.
    Probe,
}

/// The right to enter one incarnation of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentClaims {
    /// Sandbox.
    pub sbx: SandboxId,
    /// Machine.
    pub mch: MachineName,
    /// Incarnation.
    pub inc: u64,
    /// Verbs.
    pub vrb: Vec<Verb>,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
}

impl Claims for AgentClaims {
    const PURPOSE: &'static str = "agent";
    fn expires_at_s(&self) -> i64 {
        self.exp
    }
}

/// The right of one user to one app of one sandbox, kept as a cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieClaims {
    /// Sandbox.
    pub sbx: SandboxId,
    /// App.
    pub app: AppName,
    /// User, the platform's pseudonym.
    pub usr: String,
    /// Role: `student`, `teacher` or `operator`.
    pub rol: String,
    /// Access epoch; another one is refused.
    pub epo: u64,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
}

impl Claims for CookieClaims {
    const PURPOSE: &'static str = "cookie";
    fn expires_at_s(&self) -> i64 {
        self.exp
    }
}

/// Why a token is refused. Says nothing that helps to make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a token of this form.
    #[error("malformed token")]
    Malformed,
    /// Signed with a key that isn't known here.
    #[error("unknown key")]
    UnknownKey,
    /// The signature isn't over these claims.
    #[error("bad signature")]
    BadSignature,
    /// Its time is over.
    #[error("expired token")]
    Expired,
}

/// Signs tokens with one key.
#[derive(Clone)]
pub struct Signer {
    key_id: String,
    key: SigningKey,
}

impl Signer {
    /// The signer of a mounted signing secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = SigningKey::from_bytes(&secret.derive("qingjiao token signing v1"));
        Self { key_id: key_id(&key.verifying_key()), key }
    }

    /// A token with these claims.
    #[must_use]
    pub fn sign<C: Claims>(&self, claims: &C) -> String {
        let body = BASE64URL.encode(serde_json::to_vec(claims).unwrap_or_default());
        let token = format!("v1.{}.{body}", self.key_id);
        let signature = self.key.sign(&signed_bytes(C::PURPOSE, &token));
        format!("{token}.{}", BASE64URL.encode(signature.to_bytes()))
    }

    /// The key id and the public key in base64url, for whoever verifies.
    #[must_use]
    pub fn public(&self) -> (String, String) {
        (self.key_id.clone(), BASE64URL.encode(self.key.verifying_key().to_bytes()))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Public keys by key id.
#[derive(Clone, Debug, Default)]
pub struct Verifier(BTreeMap<String, VerifyingKey>);

impl Verifier {
    /// The verifier with these keys (key id to base64url); one that is no key is left out.
    #[must_use]
    pub fn new<'a>(keys: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        let read = |text: &String| {
            let bytes: [u8; 32] = BASE64URL.decode(text).ok()?.try_into().ok()?;
            VerifyingKey::from_bytes(&bytes).ok()
        };
        Self(keys.into_iter().filter_map(|(id, text)| Some((id.clone(), read(text)?))).collect())
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims of a token that is genuine and still valid.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn verify<C: Claims>(&self, token: &str, now: Timestamp) -> Result<C, Refused> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refused::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let [version, key_id, body] = signed.split('.').collect::<Vec<_>>()[..] else {
            return Err(Refused::Malformed);
        };
        if version != "v1" {
            return Err(Refused::Malformed);
        }
        let key = self.0.get(key_id).ok_or(Refused::UnknownKey)?;
        let signature = BASE64URL.decode(signature).map_err(|_| Refused::Malformed)?;
        let signature = Signature::from_slice(&signature).map_err(|_| Refused::Malformed)?;
        key.verify_strict(&signed_bytes(C::PURPOSE, signed), &signature)
            .map_err(|_| Refused::BadSignature)?;
        let claims = BASE64URL.decode(body).map_err(|_| Refused::Malformed)?;
        let claims: C = serde_json::from_slice(&claims).map_err(|_| Refused::Malformed)?;
        if claims.expires_at_s() <= now.seconds() { Err(Refused::Expired) } else { Ok(claims) }
    }
}

/// Domain separation: a token of one purpose is never a valid one of another.
fn signed_bytes(purpose: &str, token: &str) -> Vec<u8> {
    [purpose.as_bytes(), b"\0", token.as_bytes()].concat()
}

fn key_id(key: &VerifyingKey) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(key.to_bytes())[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::new(&Secret::new(&char::from(byte).to_string().repeat(32)).unwrap())
    }

    fn verifier(signer: &Signer) -> Verifier {
        let (id, key) = signer.public();
        Verifier::new([(&id, &key)])
    }

    fn cookie() -> CookieClaims {
        let sbx = "bj-abcdefghij234567".parse().unwrap();
        CookieClaims {
            sbx,
            app: "lab".parse().unwrap(),
            usr: "u".into(),
            rol: "student".into(),
            epo: 1,
            exp: 100,
        }
    }

    #[test]
    fn genuine_tokens_pass_until_they_expire() {
        let token = signer(b'a').sign(&cookie());
        let verifier = verifier(&signer(b'a'));
        assert_eq!(verifier.verify(&token, Timestamp::from_ms(99_999)), Ok(cookie()));
        assert_eq!(
            verifier.verify::<CookieClaims>(&token, Timestamp::from_ms(100_000)),
            Err(Refused::Expired)
        );
    }

    #[test]
    fn others_are_refused() {
        let now = Timestamp::default();
        let known = verifier(&signer(b'a'));
        assert_eq!(
            known.verify::<CookieClaims>(&signer(b'b').sign(&cookie()), now),
            Err(Refused::UnknownKey)
        );
        let token = signer(b'a').sign(&cookie());
        assert_eq!(known.verify::<AgentClaims>(&token, now), Err(Refused::BadSignature), "another purpose");
        let mut changed = token.clone().into_bytes();
        changed[15] ^= 1;
        assert!(known.verify::<CookieClaims>(&String::from_utf8(changed).unwrap(), now).is_err());
        for garbage in ["", "v1", "v1.a.b", "v2.a.b.c", "....", &"x".repeat(5000)] {
            assert!(known.verify::<CookieClaims>(garbage, now).is_err(), "{garbage}");
        }
    }
}
