//! A position in the log, as the feed writes it.

use serde::Deserialize;

/// A position in the log: `E7.1042`. Numbers compare within one epoch only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Position {
    pub(crate) epoch: String,
    pub(crate) number: u64,
}

impl TryFrom<String> for Position {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = |text: &str| {
            let (epoch, number) = text.rsplit_once('.')?;
            let plain = epoch.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            Some(Self { epoch: epoch.to_owned(), number: number.parse().ok()? }).filter(|_| plain)
        };
        read(&text).ok_or_else(|| format!("`{text}` is no position; one looks like E7.1042"))
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.epoch, self.number)
    }
}
