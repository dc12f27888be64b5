//! `WWW-Authenticate`, of which an answer may hold several, each with several challenges. Pure.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// Longer headers are not read.
const CHALLENGE_MAX_BYTES: usize = 4096;

/// One way to sign in that was offered.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

/// Which token is asked for: of whom, for which service and what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Need {
    pub(super) realm: String,
    pub(super) service: Option<String>,
    pub(super) scopes: Vec<String>,
}

impl Challenge {
    /// Whether its scheme is this one, in lower case.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme == scheme
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token that it asks for; `scope` when it does not say what for.
    pub(super) fn need(&self, scope: String) -> Option<Need> {
        let realm = self.parameter("realm")?.to_owned();
        let service = self.parameter("service").map(str::to_owned);
        let mut scopes: Vec<String> =
            self.parameter("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() {
            scopes.push(scope);
        }
        scopes.sort();
        scopes.dedup();
        Some(Need { realm, service, scopes })
    }
}

/// All challenges of an answer, in its order. What cannot be read is left out.
pub(in super::super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    texts.filter(|text| text.len() <= CHALLENGE_MAX_BYTES).flat_map(parse).collect()
}

fn parse(text: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for item in items(text) {
        let (scheme, parameter) = split_scheme(item);
        if let Some(scheme) = scheme {
            found.push(Challenge { scheme: scheme.to_ascii_lowercase(), parameters: Vec::new() });
        }
        if let (Some(challenge), Some((key, value))) = (found.last_mut(), parameter.split_once('=')) {
            challenge.parameters.push((key.trim().to_ascii_lowercase(), unquote(value.trim())));
        }
    }
    found
}

/// The parts between commas that are not in quotes.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |character| {
        let ends = character == ',' && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// `Bearer realm="x"` begins a challenge, `service="x"` goes on with it.
fn split_scheme(item: &str) -> (Option<&str>, &str) {
    let end =
        item.find(|character: char| character.is_whitespace() || character == '=').unwrap_or(item.len());
    let (word, rest) = item.split_at(end);
    if rest.trim_start().starts_with('=') { (None, item) } else { (Some(word), rest.trim_start()) }
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut escaped = false;
    let keep = |character: &char| {
        escaped = *character == '\\' && !escaped;
        !escaped
    };
    inner.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<Challenge> {
        let pairs = texts.iter().map(|text| (WWW_AUTHENTICATE, text.parse().unwrap()));
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        challenges(&headers)
    }

    #[test]
    fn reads_what_registries_say() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#;
        let need = of(&[hub])[0].need(String::new()).unwrap();
        assert_eq!(need.realm, "https://auth.docker.io/token");
        assert_eq!(need.service.as_deref(), Some("registry.docker.io"));
        assert_eq!(need.scopes, ["repository:a/b:pull"]);
    }

    #[test]
    fn reads_several_challenges_in_one_or_more_headers() {
        let both =
            of(&[r#"Negotiate, BEARER realm="https://a/?x=1,2" , error="a \"b\"", Basic realm=plain"#]);
        let schemes: Vec<&str> = both.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "bearer", "basic"]);
        assert_eq!(both[1].parameter("realm"), Some("https://a/?x=1,2"));
        assert_eq!(both[1].parameter("error"), Some(r#"a "b""#));
        assert_eq!(both[2].parameter("realm"), Some("plain"));
        assert_eq!(of(&["Basic realm=x", "Bearer realm=y"]).len(), 2);
    }

    #[test]
    fn several_scopes_are_asked_for_together_and_a_missing_one_is_ours() {
        let two = &of(&[
            r#"Bearer realm="https://a",scope="repository:b:pull repository:a:pull repository:b:pull""#,
        ])[0];
        assert_eq!(two.need("x".to_owned()).unwrap().scopes, ["repository:a:pull", "repository:b:pull"]);
        let none = &of(&[r#"Bearer realm="https://a""#])[0];
        assert_eq!(none.need("repository:c:pull".to_owned()).unwrap().scopes, ["repository:c:pull"]);
        assert!(of(&["Bearer service=x"])[0].need(String::new()).is_none());
    }

    #[test]
    fn nonsense_is_no_challenge() {
        assert!(of(&["", ", ,", "=x"]).iter().all(|challenge| challenge.need(String::new()).is_none()));
        assert!(of(&[&"Bearer ".repeat(1000)]).is_empty());
    }
}
