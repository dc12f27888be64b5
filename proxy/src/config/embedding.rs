//! Who may put our pages and apps in a frame.

use http::HeaderValue;

/// Who may put our pages and apps in a frame.
#[derive(Clone, Debug)]
pub(crate) struct Embedding {
    allowed: bool,
    directive: String,
    policy: HeaderValue,
}

/// An entry of `frame_ancestors` is no CSP source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "proxy.frame_ancestors: `{0}` is no source; allowed are `*` and entries such as `https://school.example.com`"
)]
pub struct BadSource(String);

impl Embedding {
    /// The rule for a list of CSP sources; an app may always frame its own pages.
    ///
    /// # Errors
    /// [`BadSource`] for an entry that would break the header or change another directive.
    pub(crate) fn new(sources: &[String]) -> Result<Self, BadSource> {
        let mut directive = String::from("frame-ancestors 'self'");
        for source in sources {
            if !is_source(source) {
                return Err(BadSource(source.clone()));
            }
            directive.push(' ');
            directive.push_str(source);
        }
        let bad = |_| BadSource(directive.clone());
        let policy = HeaderValue::from_str(&directive).map_err(bad)?;
        Ok(Self { allowed: !sources.is_empty(), directive, policy })
    }

    /// Whether any other site may.
    pub(crate) fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// The CSP directive.
    pub(crate) fn directive(&self) -> &str {
        &self.directive
    }

    /// A whole policy of this directive only.
    pub(crate) fn policy(&self) -> &HeaderValue {
        &self.policy
    }
}

fn is_source(source: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'.' | b'-' | b'*' | b'_');
    !source.is_empty() && source.bytes().all(fits)
}
