//! Which addresses a redirect may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Alibaba Cloud's metadata service, which lies in shared address space.
const ALIBABA_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Whether an address belongs to this machine, its network or the cloud's metadata service. The shared space
/// 100.64.0.0/10 does not: clouds put their object storage there.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private_v4(mapped),
            None => is_private_v6(address),
        },
    }
}

const fn is_private_v4(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || octets[0] == 0
        || octets[0] == 255
        || address.to_bits() == ALIBABA_METADATA.to_bits()
}

const fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
}

/// The address that a URL's host is, when it is no name; `localhost` is one too.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    if host == "localhost" || host.ends_with(".localhost") {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves names to public addresses only.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err("the redirect leads to a private address (see private_redirects)".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_private_addresses_from_public_ones() {
        for (text, private) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("169.254.169.254", true),
            ("100.100.100.200", true),
            ("100.118.28.45", false),
            ("8.8.8.8", false),
            ("[::1]", true),
            ("::ffff:127.0.0.1", true),
            ("fe80::1", true),
            ("fd00:ec2::254", true),
            ("2606:4700::1", false),
            ("0.0.0.0", true),
            ("localhost", true),
        ] {
            assert_eq!(is_private(literal(text).unwrap()), private, "{text}");
        }
        assert_eq!(literal("registry.example"), None);
    }

    #[tokio::test]
    async fn a_name_of_a_private_address_does_not_resolve() {
        let Err(error) = PublicOnly.resolve("localhost".parse().unwrap()).await else { panic!("it did") };
        assert!(error.to_string().contains("private_redirects"), "{error}");
    }
}
