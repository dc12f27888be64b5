//! The id of one request: in the answer's header, in a problem's body and in the log.

use domain::random::Random;
use http::HeaderMap;
use http::header::HeaderName;

/// The header that carries it, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const CHOSEN_BYTES_MAX: usize = 64;
const RANDOM_BYTES: usize = 10;

/// The id of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The caller's own id when it is short and plain, else a new one.
    pub(crate) fn of(headers: &HeaderMap, random: &dyn Random) -> Self {
        let chosen = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        match chosen.filter(|text| is_plain(text)) {
            Some(text) => Self(text.to_owned()),
            None => Self::generate(random),
        }
    }

    fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; RANDOM_BYTES];
        random.fill(&mut bytes);
        Self(data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

fn is_plain(text: &str) -> bool {
    (1..=CHOSEN_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
