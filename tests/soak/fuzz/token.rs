//! Tokens: only the signed one is genuine, whatever is done to it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use domain::secret::Secret;
use domain::time::Timestamp;
use domain::token::{CookieClaims, Signer, Verifier};

use crate::mutate::Mutator;

const SECRET: &str = "a secret of this campaign and of nothing else";
const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

pub(super) fn one(mutator: &mut Mutator) -> anyhow::Result<()> {
    let signer = Signer::new(&Secret::new(SECRET)?);
    let claims = CookieClaims {
        sbx: "bj-abcdefghij234567".parse()?,
        app: "terminal".parse()?,
        usr: "u-7".to_owned(),
        rol: "student".to_owned(),
        epo: 1,
        exp: 1_790_000_060,
    };
    let token = signer.sign(&claims);
    let bytes = mutator.changed(&[token.clone().into_bytes()]);
    let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
    let keys = BTreeMap::from([signer.public()]);
    if let Ok(read) = Verifier::new(&keys).verify::<CookieClaims>(&text, NOW) {
        let signed = token.rsplit_once('.').context("a token without signature")?.0;
        ensure!(text.starts_with(signed) && read == claims, "a token was taken that nobody signed: {text}");
    }
    Ok(())
}
