//! Which repositories an upstream is asked for.

use crate::name::Repository;

/// Patterns of allowed and refused repositories.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    allowed: Vec<String>,
    refused: Vec<String>,
}

impl Rules {
    /// The rules of these patterns; the first one that is no pattern when there is one.
    pub(super) fn new(patterns: &[String]) -> Result<Self, String> {
        let mut rules = Self::default();
        for pattern in patterns {
            let (list, glob) = match pattern.strip_prefix('!') {
                Some(glob) => (&mut rules.refused, glob),
                None => (&mut rules.allowed, pattern.as_str()),
            };
            if !is_glob(glob) {
                return Err(pattern.clone());
            }
            list.push(glob.to_owned());
        }
        Ok(rules)
    }

    pub(super) fn allow(&self, repository: &Repository) -> bool {
        let name = repository.as_str();
        let fits = |globs: &[String]| globs.iter().any(|glob| matches(glob, name));
        (self.allowed.is_empty() || fits(&self.allowed)) && !fits(&self.refused)
    }
}

fn is_glob(text: &str) -> bool {
    let good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' | b'*');
    !text.is_empty() && text.bytes().all(good)
}

/// Whether `*` for any characters, also none and also `/`, makes `glob` equal to `text`.
fn matches(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(patterns: &[&str], repository: &str) -> bool {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Rules::new(&patterns).unwrap().allow(&repository.parse().unwrap())
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (glob, text, fits) in [
            ("library/*", "library/debian", true),
            ("library/*", "library", false),
            ("*", "a/b/c", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abced", false),
            ("a*a", "a", false),
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("*/nginx", "a/b/nginx", true),
        ] {
            assert_eq!(matches(glob, text), fits, "{glob} {text}");
        }
    }

    #[test]
    fn refusing_wins_and_no_rule_allows_all() {
        assert!(allows(&[], "a/b"));
        assert!(allows(&["!secret/*"], "a/b"));
        assert!(!allows(&["!secret/*"], "secret/b"));
        assert!(!allows(&["library/*", "!library/x"], "library/x"));
        assert!(!allows(&["library/*"], "other/x"));
        assert_eq!(Rules::new(&["A".to_owned()]).unwrap_err(), "A");
    }
}
