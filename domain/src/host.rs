//! Hosts of apps: `{app}--{sandbox}.{domain}`, with a port range `{app}-{port}--{sandbox}.{domain}`.

use crate::id::{AppName, SandboxId};

/// What a host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppHost {
    /// The app.
    pub app: AppName,
    /// The port, for an app with a range.
    pub port: Option<u16>,
    /// The sandbox.
    pub sandbox: SandboxId,
}

impl AppHost {
    /// Reads a host without its port number, in lower case; `None` when it is no app's host in `domain`.
    #[must_use]
    pub fn parse(host: &str, domain: &str) -> Option<Self> {
        let label = host.strip_suffix(domain)?.strip_suffix('.')?;
        let (app, sandbox) = label.split_once("--")?;
        let sandbox = sandbox.parse().ok()?;
        if let Ok(app) = app.parse() {
            return Some(Self { app, port: None, sandbox });
        }
        let (app, port) = app.rsplit_once('-')?;
        if port.starts_with('0') {
            return None;
        }
        Some(Self { app: app.parse().ok()?, port: Some(port.parse().ok()?), sandbox })
    }

    /// The host in `domain`.
    #[must_use]
    pub fn format(&self, domain: &str) -> String {
        match self.port {
            Some(port) => format!("{}-{port}--{}.{domain}", self.app, self.sandbox),
            None => format!("{}--{}.{domain}", self.app, self.sandbox),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AppHost;

    const ID: &str = "bj-abcdefghij234567";

    #[test]
    fn hosts_round_trip() {
        for label in [format!("lab--{ID}"), format!("dev-3000--{ID}"), format!("v2-ui--{ID}")] {
            let host = format!("{label}.region.example.com");
            assert_eq!(
                AppHost::parse(&host, "region.example.com").unwrap().format("region.example.com"),
                host
            );
        }
    }

    #[test]
    fn other_hosts_are_none() {
        for host in [
            "localhost",
            "lab.localhost",
            "lab--x.localhost",
            "dev-03000--bj-abcdefghij234567.localhost",
            "lab--bj-abcdefghij234567.evil.com",
            "lab--bj-abcdefghij234567localhost",
        ] {
            assert_eq!(AppHost::parse(host, "localhost"), None, "{host}");
        }
    }
}
