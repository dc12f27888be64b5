//! What a template may reach, as one of a few classes that a label names.

use domain::template::Egress;
use sha2::{Digest as _, Sha256};

use super::range::{self, Range};
use crate::Config;

/// A class of egress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing.
    None,
    /// Public addresses.
    Internet,
    /// These address ranges.
    Ranges(Vec<Range>),
}

/// The class of a template's egress.
///
/// # Errors
/// The entry that no network policy can express, or that leads where no machine may go.
pub(crate) fn class(config: &Config, egress: &Egress) -> Result<Class, String> {
    match egress {
        Egress::None => Ok(Class::None),
        Egress::Internet => Ok(Class::Internet),
        Egress::List(entries) => {
            let ranges: Result<Vec<_>, _> = entries.iter().map(|entry| allowed(config, entry)).collect();
            let mut ranges = ranges?;
            ranges.sort();
            ranges.dedup();
            Ok(Class::Ranges(ranges))
        }
    }
}

fn allowed(config: &Config, entry: &str) -> Result<Range, String> {
    let Some(range) = Range::parse(entry) else {
        return Err(format!(
            "network.egress names {entry}, but this region's network takes address ranges only: \
             write 203.0.113.0/24, or \"internet\""
        ));
    };
    match range::denied(config).iter().find(|denied| range.is_within(denied)) {
        Some(denied) => {
            Err(format!("network.egress names {entry}, which lies in {denied}, where no machine may go"))
        }
        None => Ok(range),
    }
}

impl Class {
    /// The value of the label by which its policy selects pods. A digest, so that no two lists share a policy.
    pub(crate) fn label(&self) -> String {
        const DIGEST_BYTES: usize = 16;
        match self {
            Self::None => "none".to_owned(),
            Self::Internet => "internet".to_owned(),
            Self::Ranges(ranges) => {
                let text: Vec<_> = ranges.iter().map(Range::to_string).collect();
                let digest = Sha256::digest(text.join(","));
                let bytes = digest.get(..DIGEST_BYTES).unwrap_or(&digest);
                format!("list-{}", data_encoding::HEXLOWER.encode(bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[&str]) -> Result<Class, String> {
        let config = Config::new("sandboxes", "agent:1");
        class(&config, &Egress::List(entries.iter().map(|&entry| entry.to_owned()).collect()))
    }

    #[test]
    fn lists_are_ranges_in_any_order() {
        let one = of(&["198.51.100.0/24", "203.0.113.7/32"]).unwrap();
        assert_eq!(one.label(), of(&["203.0.113.7/32", "198.51.100.0/24"]).unwrap().label());
        assert_ne!(one.label(), of(&["2001:db8::/32"]).unwrap().label());
        assert!(one.label().len() <= 63);
    }

    #[test]
    fn what_no_policy_can_say_is_refused_by_name() {
        for bad in [
            "example.com",
            "203.0.113.7",
            "203.0.113.0/33",
            "x/8",
            "169.254.169.254/32",
            "10.1.0.0/16",
            "198.19.0.0/16",
            "64:ff9b::a9fe:a9fe/128",
        ] {
            assert!(of(&[bad]).unwrap_err().contains(bad));
        }
    }
}
