//! The check of a caller's token: signed by the region, for this sandbox, machine and incarnation, for this verb, now.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use parking_lot::Mutex;
use serde::Deserialize;

use crate::args::NamedKey;
use crate::clock::Clock;

const TOKEN_MAX_BYTES: usize = 4096;
const PURPOSE: &[u8] = b"agent\0";
/// Tokens whose signature is not verified again. A proxy makes a connection for each request and uses one token until
/// it is renewed, so few are in use at once.
const VERIFIED_MAX: usize = 64;

/// Which machine this agent stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The sandbox's id.
    pub(crate) sandbox: String,
    /// The machine's name within the sandbox.
    pub(crate) machine: String,
    /// The machine's life; raised before each creation.
    pub(crate) incarnation: u64,
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Connect,
    Terminal,
    Exec,
    Files,
    Bind,
    Probe,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Terminal => "terminal",
            Self::Exec => "exec",
            Self::Files => "files",
            Self::Bind => "bind",
            Self::Probe => "probe",
        }
    }
}

/// Why a token was refused. The texts name no value of the token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("no token: send `Authorization: Bearer <agent token>`")]
    Absent,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token's key is not known here")]
    UnknownKey,
    #[error("the token's signature does not fit")]
    Signature,
    #[error("the token is for another sandbox")]
    Sandbox,
    #[error("the token is for another machine")]
    Machine,
    #[error("the token is for another incarnation of this machine")]
    Incarnation,
    #[error("the token has expired")]
    Expired,
    #[error("the token does not allow this")]
    Verb,
}

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    sbx: String,
    mch: String,
    inc: u64,
    vrb: Vec<String>,
    exp: i64,
}

/// Knows who this machine is and which keys the region signs with.
#[derive(Debug)]
pub(crate) struct Verifier {
    identity: Identity,
    keys: HashMap<String, VerifyingKey>,
    clock: Clock,
    /// Whole tokens with what they say. Only the signature is taken from here: it alone does not change with time.
    verified: Mutex<HashMap<String, Claims>>,
}

impl Verifier {
    /// A verifier for one machine.
    pub(crate) fn new(identity: Identity, keys: Vec<NamedKey>, clock: Clock) -> Self {
        Self { identity, keys: keys.into_iter().collect(), clock, verified: Mutex::default() }
    }

    /// Refuses unless `token` allows `verb` on this machine now.
    pub(crate) fn check(&self, token: &str, verb: Verb) -> Result<(), Refusal> {
        let claims = self.claims(token)?;
        if claims.sbx != self.identity.sandbox {
            return Err(Refusal::Sandbox);
        }
        if claims.mch != self.identity.machine {
            return Err(Refusal::Machine);
        }
        if claims.inc != self.identity.incarnation {
            return Err(Refusal::Incarnation);
        }
        if claims.exp <= self.clock.now_s() {
            return Err(Refusal::Expired);
        }
        claims.vrb.iter().any(|allowed| allowed == verb.name()).then_some(()).ok_or(Refusal::Verb)
    }

    /// The claims, believed only after the signature was verified, now or before.
    fn claims(&self, token: &str) -> Result<Claims, Refusal> {
        if let Some(claims) = self.verified.lock().get(token) {
            return Ok(claims.clone());
        }
        let claims = self.verified_claims(token)?;
        let mut verified = self.verified.lock();
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(token.to_owned(), claims.clone());
        Ok(claims)
    }

    fn verified_claims(&self, token: &str) -> Result<Claims, Refusal> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(Refusal::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let mut parts = signed.split('.');
        let (Some("v1"), Some(key_id), Some(claims), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let key = self.keys.get(key_id).ok_or(Refusal::UnknownKey)?;
        verify(key, signed, signature)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Refusal::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| Refusal::Malformed)
    }
}

fn verify(key: &VerifyingKey, signed: &str, signature: &str) -> Result<(), Refusal> {
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
    let signature = Signature::from_slice(&signature).map_err(|_| Refusal::Malformed)?;
    let message = [PURPOSE, signed.as_bytes()].concat();
    key.verify_strict(&message, &signature).map_err(|_| Refusal::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{KEY_ID, Mint, public_key};

    fn check(mint: &Mint, verb: Verb) -> Result<(), Refusal> {
        check_text(&mint.token(), verb)
    }

    fn check_text(token: &str, verb: Verb) -> Result<(), Refusal> {
        let identity = Identity { sandbox: "bj-1".to_owned(), machine: "main".to_owned(), incarnation: 3 };
        Verifier::new(identity, vec![public_key()], Clock::At(1000)).check(token, verb)
    }

    fn good() -> Mint {
        Mint { exp: 1001, verbs: vec!["exec", "files"], ..Mint::default() }
    }

    #[test]
    fn takes_a_good_one() {
        assert_eq!(check(&good(), Verb::Exec), Ok(()));
        assert_eq!(check(&good(), Verb::Files), Ok(()));
    }

    #[test]
    fn refuses_every_wrong_claim() {
        assert_eq!(check(&Mint { sandbox: "bj-2", ..good() }, Verb::Exec), Err(Refusal::Sandbox));
        assert_eq!(check(&Mint { machine: "db", ..good() }, Verb::Exec), Err(Refusal::Machine));
        assert_eq!(check(&Mint { incarnation: 2, ..good() }, Verb::Exec), Err(Refusal::Incarnation));
        assert_eq!(check(&Mint { incarnation: 4, ..good() }, Verb::Exec), Err(Refusal::Incarnation));
        assert_eq!(check(&Mint { exp: 1000, ..good() }, Verb::Exec), Err(Refusal::Expired));
        assert_eq!(check(&good(), Verb::Terminal), Err(Refusal::Verb));
        assert_eq!(check(&Mint { purpose: "cookie", ..good() }, Verb::Exec), Err(Refusal::Signature));
        assert_eq!(check(&Mint { purpose: "", ..good() }, Verb::Exec), Err(Refusal::Signature));
        assert_eq!(check(&Mint { seed: 8, ..good() }, Verb::Exec), Err(Refusal::Signature));
        assert_eq!(check(&Mint { key_id: "ffffffff", ..good() }, Verb::Exec), Err(Refusal::UnknownKey));
    }

    #[test]
    fn a_token_that_was_taken_is_judged_again() {
        let identity = Identity { sandbox: "bj-1".to_owned(), machine: "main".to_owned(), incarnation: 3 };
        let verifier = |now| Verifier::new(identity.clone(), vec![public_key()], Clock::At(now));
        let token = good().token();
        let early = verifier(1000);
        assert_eq!(early.check(&token, Verb::Exec), Ok(()));
        assert_eq!(early.check(&token, Verb::Terminal), Err(Refusal::Verb));
        let late = Verifier { clock: Clock::At(1001), ..early };
        assert_eq!(late.check(&token, Verb::Exec), Err(Refusal::Expired));
        assert!(late.check(&token[..token.len() - 1], Verb::Exec).is_err());
        let lives = (0..=VERIFIED_MAX as i64).map(|more| Mint { exp: 1002 + more, ..good() }.token());
        assert!(lives.into_iter().all(|token| late.check(&token, Verb::Exec).is_ok()));
        assert!(late.verified.lock().len() <= VERIFIED_MAX);
    }

    #[test]
    fn refuses_what_is_no_token() {
        let token = good().token();
        let long = format!("v1.{KEY_ID}.{}.x", "a".repeat(TOKEN_MAX_BYTES));
        for text in
            ["", "v1", "v1.a.b", "v2.a.b.c.d", ".....", &token[3..], &format!("v1.{KEY_ID}.!!.??"), &long]
        {
            assert!(
                matches!(check_text(text, Verb::Exec), Err(Refusal::Malformed | Refusal::UnknownKey)),
                "{text}"
            );
        }
        assert_eq!(check_text(&token.replacen("v1", "v2", 1), Verb::Exec), Err(Refusal::Malformed));
    }

    #[test]
    fn any_changed_character_is_refused() {
        let token = good().token();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(check_text(&String::from_utf8(bytes).unwrap(), Verb::Exec).is_err(), "character {at}");
        }
    }
}
