//! Arguments of the form `NAME=VALUE`.

use std::collections::BTreeMap;

/// Reads one pair.
pub(super) fn parse(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("must be NAME=VALUE".to_owned()),
    }
}

/// The pairs as a map; of a repeated name the last counts.
pub(super) fn map(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        assert_eq!(parse("a=b=c").unwrap(), ("a".into(), "b=c".into()));
        assert_eq!(parse("a=").unwrap(), ("a".into(), String::new()));
        assert!(parse("a").is_err() && parse("=b").is_err());
    }
}
