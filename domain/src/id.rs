//! Identity: the names that callers choose and the ids that the region makes, each checked once, on the way in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::random::Random;

/// A name does not follow its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct BadName {
    /// Which kind of name.
    pub what: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The rule that every value follows, in words.
            pub const RULE: &'static str = $rule;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err(BadName { what: $what, rule: $rule }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

name!(
    /// The region's own id of a sandbox: region prefix, `-`, 16 random characters. Never used again.
    SandboxId, "a sandbox id", "<region>-<16 characters of a-z and 2-7>, at most 32 characters",
    |text| text.len() <= 32 && text.rsplit_once('-').is_some_and(|(region, random)| {
        is_dns_label(region) && random.len() == 16 && random.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
    })
);
name!(
    /// The caller's own name for a sandbox; unique among its tenant's sandboxes that are not being deleted.
    Ref, "ref", "1 to 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    |text| !text.is_empty() && is_label_value(text)
);
name!(
    /// A school, as an opaque pseudonym. Quotas and fairness count per tenant.
    TenantId, "tenant", "1 to 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    |text| !text.is_empty() && is_label_value(text)
);
name!(
    /// A student or teacher, as an opaque pseudonym.
    OwnerId, "owner", "1 to 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    |text| !text.is_empty() && is_label_value(text)
);
name!(
    /// A booked class, as the platform names it.
    ClassId, "class_id", "1 to 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    |text| !text.is_empty() && is_label_value(text)
);
name!(
    /// A label's value (Kubernetes' rule; may be empty).
    LabelValue, "a label value", "at most 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    is_label_value
);
name!(
    /// A label's key.
    LabelKey, "a label key", "1 to 63 characters: letters, digits, '-', '_' or '.', beginning and ending with a letter or digit",
    |text| !text.is_empty() && is_label_value(text)
);
name!(
    /// A template's name.
    TemplateName, "a template name", "3 to 40 characters: a-z, 0-9 and '-', beginning and ending with a letter or digit",
    |text| (3..=40).contains(&text.len()) && is_dns_label(text)
);
name!(
    /// The version of a template: `sha256:` and 64 hex digits.
    TemplateVersion, "a template version", "'sha256:' and 64 hex digits",
    |text| text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
);
name!(
    /// A machine's name inside its sandbox; also its host name on the sandbox's private network.
    MachineName, "a machine name", "1 to 20 characters: a-z, 0-9 and '-', beginning and ending with a letter or digit",
    |text| text.len() <= 20 && is_dns_label(text)
);
name!(
    /// A kind of place for machines, set up by the operators of each region that has it.
    PlacementName, "a placement", "1 to 32 characters: a-z, 0-9 and '-', beginning and ending with a letter or digit",
    |text| text.len() <= 32 && is_dns_label(text)
);
name!(
    /// An app's name; the first part of its host, so that `--` and a trailing port must stay unambiguous.
    AppName, "an app name", "3 to 20 characters: a-z, 0-9 and '-', without '--', not beginning with 'xn', not ending in '-' and digits",
    is_app_name
);

fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let outer = |b: u8| b != b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(inner)
        && text.bytes().next().is_some_and(outer)
        && text.bytes().last().is_some_and(outer)
}

fn is_label_value(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.len() <= 63
        && text.bytes().all(inner)
        && text.bytes().next().is_none_or(|b| b.is_ascii_alphanumeric())
        && text.bytes().last().is_none_or(|b| b.is_ascii_alphanumeric())
}

fn is_app_name(text: &str) -> bool {
    let ends_like_a_port =
        text.rsplit_once('-').is_some_and(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()));
    (3..=20).contains(&text.len())
        && is_dns_label(text)
        && !text.contains("--")
        && !text.starts_with("xn")
        && !ends_like_a_port
}

/// The region's own short name: the prefix of all its sandbox ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RegionName(String);

impl RegionName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A region that nobody has named: one on a single computer.
impl Default for RegionName {
    fn default() -> Self {
        Self("local".to_owned())
    }
}

impl FromStr for RegionName {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let fits = text.len() <= 12 && is_dns_label(text) && !text.contains("--");
        let rule = "1 to 12 characters: a-z, 0-9 and '-', without '--'";
        if fits { Ok(Self(text.to_owned())) } else { Err(BadName { what: "a region name", rule }) }
    }
}

impl<'de> Deserialize<'de> for RegionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SandboxId {
    /// A new id: 80 random bits in base32, so that hosts cannot be guessed.
    #[must_use]
    pub fn generate(region: &RegionName, random: &dyn Random) -> Self {
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        Self(format!("{region}-{}", data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_names_stay_unambiguous_in_a_host() {
        for good in ["lab", "terminal", "my-app", "v2-ui", "a1b"] {
            assert!(good.parse::<AppName>().is_ok(), "{good}");
        }
        for bad in
            ["ab", "Lab", "a--b", "xn-lab", "dev-3000", "-lab", "lab-", "a_b", "a-very-long-name-of-an-app"]
        {
            assert!(bad.parse::<AppName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn placements_are_short_labels() {
        for good in ["gpu", "a", "fpga-2"] {
            assert!(good.parse::<PlacementName>().is_ok(), "{good}");
        }
        for bad in ["", "GPU", "-gpu", "gpu-", "gpu.large", "gpu_large", &"x".repeat(33)] {
            assert!(bad.parse::<PlacementName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_dns_safe_and_short() {
        let region: RegionName = "guangdong-2".parse().unwrap();
        let id = SandboxId::generate(&region, &crate::random::OsRandom);
        assert!(id.as_str().len() <= 32);
        assert_eq!(id.as_str().parse::<SandboxId>().unwrap(), id);
        assert!("bj-short".parse::<SandboxId>().is_err());
    }

    #[test]
    fn label_values_follow_kubernetes() {
        assert!("".parse::<LabelValue>().is_ok());
        assert!("2026a".parse::<LabelValue>().is_ok());
        assert!("-x".parse::<LabelValue>().is_err());
        assert!("x".repeat(64).parse::<LabelValue>().is_err());
        assert!("张三".parse::<OwnerId>().is_err());
    }
}
