//! Address ranges, and those that no machine may reach.

use std::fmt;
use std::net::IpAddr;

use crate::Config;

/// Private, link-local, shared, test and reserved ranges: metadata services, nodes, services and other pods live there.
/// Those of 64:ff9b lead to all of IPv4, the metadata service's address included, where addresses are translated.
const DENIED: [&str; 15] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
    "::/127",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];
const V4_BITS: u32 = 32;
const V6_BITS: u32 = 128;

/// A range of addresses in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    address: IpAddr,
    bits: u32,
}

impl Range {
    /// All addresses of one family.
    pub(super) fn everything() -> impl Iterator<Item = Self> {
        ["0.0.0.0/0", "::/0"].into_iter().filter_map(Self::parse)
    }

    /// Reads `ADDRESS/BITS`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
        let whole = if address.is_ipv4() { V4_BITS } else { V6_BITS };
        (bits <= whole).then_some(Self { address, bits })
    }

    /// Whether all of it is part of another.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let same_family = self.address.is_ipv4() == other.address.is_ipv4();
        same_family
            && self.bits >= other.bits
            && prefix(self.address, other.bits) == prefix(other.address, other.bits)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The first bits of an address as a number.
fn prefix(address: IpAddr, bits: u32) -> u128 {
    match address {
        IpAddr::V4(address) => {
            u128::from(u32::from(address).checked_shr(V4_BITS.saturating_sub(bits)).unwrap_or(0))
        }
        IpAddr::V6(address) => u128::from(address).checked_shr(V6_BITS.saturating_sub(bits)).unwrap_or(0),
    }
}

/// Whether a text is `ADDRESS/BITS`.
pub(crate) fn is_range(text: &str) -> bool {
    Range::parse(text).is_some()
}

/// Every range that no machine may reach. What the configuration names was checked when the provider was opened.
pub(super) fn denied(config: &Config) -> Vec<Range> {
    let configured = config.egress_denied.iter().map(String::as_str);
    DENIED.into_iter().chain(configured).filter_map(Range::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_within() {
        let range = |text| Range::parse(text).unwrap();
        assert!(range("10.1.0.0/16").is_within(&range("10.0.0.0/8")));
        assert!(range("10.1.0.0/16").is_within(&range("0.0.0.0/0")));
        assert!(!range("10.0.0.0/7").is_within(&range("10.0.0.0/8")));
        assert!(!range("11.0.0.0/8").is_within(&range("10.0.0.0/8")));
        assert!(!range("fe80::1/128").is_within(&range("0.0.0.0/0")));
        assert!(range("fe80::1/128").is_within(&range("::/0")));
    }

    #[test]
    fn every_range_that_is_always_denied_is_one() {
        assert_eq!(denied(&Config::new("sandboxes", "agent:1")).len(), DENIED.len());
    }
}
