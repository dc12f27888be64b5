//! The addresses that people open: one stable URL per app, and one with a ticket that opens it once.

use domain::host::AppHost;
use domain::id::SandboxId;
use domain::template::{App, AppKind};

use crate::config::Config;

/// Where the proxy is reached from outside.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    scheme: String,
    domain: String,
    port: Option<u16>,
}

impl Urls {
    pub(crate) fn new(config: &Config) -> Self {
        let own = if config.proxy_scheme == "https" { 443 } else { 80 };
        let port = config.proxy_port.filter(|port| *port != own);
        Self { scheme: config.proxy_scheme.clone(), domain: config.domain.clone(), port }
    }

    /// The stable URL of an app; `None` for raw TCP, which no browser opens.
    pub(crate) fn app(&self, sandbox: &SandboxId, app: &App) -> Option<String> {
        match app.kind {
            AppKind::Http | AppKind::Terminal | AppKind::Desktop => {
                let path = app.path.as_deref().unwrap_or("/");
                Some(format!("{}{path}", self.origin(sandbox, app, None)))
            }
            AppKind::Tcp => None,
        }
    }

    /// The URL that redeems a ticket. It stands in the fragment, so that no server, log or Referer sees it.
    pub(crate) fn enter(
        &self,
        sandbox: &SandboxId,
        (app, port): (&App, Option<u16>),
        entry: &Entry,
    ) -> String {
        let origin = self.origin(sandbox, app, port);
        let fragment = form_urlencoded::Serializer::new(String::new())
            .append_pair("ticket", &entry.ticket)
            .append_pair("next", &entry.next)
            .finish();
        format!("{origin}/_qj/enter#{fragment}")
    }

    fn origin(&self, sandbox: &SandboxId, app: &App, port: Option<u16>) -> String {
        let port = port.or(app.ports.map(|(first, _)| first)).filter(|_| app.ports.is_some());
        let host = AppHost { app: app.name.clone(), port, sandbox: sandbox.clone() }.format(&self.domain);
        match self.port {
            Some(port) => format!("{}://{host}:{port}", self.scheme),
            None => format!("{}://{host}", self.scheme),
        }
    }
}

/// What an entering URL carries.
pub(crate) struct Entry {
    /// The ticket's text.
    pub(crate) ticket: String,
    /// The path that opens then.
    pub(crate) next: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(text: &str) -> App {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn urls_follow_the_hosts_of_the_proxy() {
        let id = "bj-abcdefghij234567".parse().unwrap();
        let urls = Urls::new(&Config::default());
        let lab = app(r#"{"name":"lab","kind":"http","port":8888,"path":"/lab"}"#);
        assert_eq!(urls.app(&id, &lab).unwrap(), "http://lab--bj-abcdefghij234567.localhost:8080/lab");
        let dev = app(r#"{"name":"dev","kind":"http","ports":[3000,3010]}"#);
        assert_eq!(urls.app(&id, &dev).unwrap(), "http://dev-3000--bj-abcdefghij234567.localhost:8080/");
        let entry = Entry { ticket: "t-1".into(), next: "/lab?a=1&b=2".into() };
        assert_eq!(
            urls.enter(&id, (&dev, Some(3001)), &entry),
            "http://dev-3001--bj-abcdefghij234567.localhost:8080/_qj/enter#ticket=t-1&next=%2Flab%3Fa%3D1%26b%3D2"
        );
        let https = Config { proxy_scheme: "https".into(), proxy_port: Some(443), ..Config::default() };
        let db = app(r#"{"name":"database","kind":"tcp","port":5432}"#);
        assert_eq!(Urls::new(&https).app(&id, &db), None);
        assert_eq!(
            Urls::new(&https).app(&id, &lab).unwrap(),
            "https://lab--bj-abcdefghij234567.localhost/lab"
        );
    }
}
