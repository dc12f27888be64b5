//! The configuration section `admin`.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// The configuration section `admin`. `PORT` is the program's own default, so that several programs can run on one
/// computer without configuration; 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminOptions<const PORT: u16> {
    /// Where `/livez`, `/readyz` and `/metrics` are.
    #[serde(default = "loopback::<PORT>")]
    pub listen: SocketAddr,
}

fn loopback<const PORT: u16>() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))
}

impl<const PORT: u16> Default for AdminOptions<PORT> {
    fn default() -> Self {
        Self { listen: loopback::<PORT>() }
    }
}
