//! Where an entry stands in the log.

use std::fmt;
use std::str::FromStr;

use domain::provider::StoreEpoch;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The store's epoch and a number within it, written `E7.1042`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Numbers of another epoch cannot be compared with this one's.
    pub epoch: StoreEpoch,
    /// Grows by one from entry to entry; 0 stands before the first.
    pub number: u64,
}

/// A text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is an epoch, a dot and a number, such as E7.1042")]
pub struct BadPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.0, self.number)
    }
}

impl FromStr for Position {
    type Err = BadPosition;
    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let (epoch, number) = text.rsplit_once('.').ok_or(BadPosition)?;
        let named = epoch.len() > 1
            && epoch.starts_with('E')
            && epoch.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if !named || !digits {
            return Err(BadPosition);
        }
        let number = number.parse().map_err(|_| BadPosition)?;
        Ok(Self { epoch: StoreEpoch(epoch.to_owned()), number })
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["E7.1042", "E1-k3q2zz7a.0"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        for text in ["", "E7", "E7.", "7.1", "E.1", "E7.-1", "E7.+1", "E 7.1", "E7.99999999999999999999"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
