//! The roles and the mirror with certificates of their own, where no load balancer ends TLS.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use reqwest::tls::TlsInfo;
use serde_json::json;
use tests::cluster::{apply, kubectl};

use super::RELEASE;
use super::api::Api;
use super::install::{Installed, NAMESPACE};
use super::mirror::{self, Door};

/// The domain of apps in the values, and a name below it.
const APPS: &str = "*.chart.localhost";
const APP: &str = "nobody.chart.localhost";
/// The mirror's address in the values.
const MIRROR: &str = "10.96.0.50";
/// A kubelet brings changed Secrets into pods within a minute and a half.
const RENEWAL_MAX: Duration = Duration::from_secs(150);
const POLL: Duration = Duration::from_secs(1);
/// So many connections in a row, so that each replica has taken some.
const CONNECTIONS: usize = 12;

/// A region that speaks TLS.
pub(super) struct Secured {
    /// Its API.
    pub(super) api: Api,
    authority: Authority,
}

/// An authority that only those who are told of it trust.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> anyhow::Result<Self> {
        let mut parameters = named("authority", Vec::new())?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;
        let authority = Self { issuer, folder: tempfile::tempdir()? };
        std::fs::write(authority.file(), authority.issuer.pem())?;
        Ok(authority)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Puts a new certificate for these names into a Secret; its DER.
    async fn certify(&self, secret: &str, names: Vec<String>) -> anyhow::Result<Vec<u8>> {
        let key = KeyPair::generate()?;
        let certificate = named(secret, names)?.signed_by(&key, &self.issuer)?;
        let data = json!({"tls.crt": certificate.pem(), "tls.key": key.serialize_pem()});
        let metadata = json!({"name": secret, "namespace": NAMESPACE});
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "stringData": data});
        apply(&secret).await?;
        Ok(certificate.der().to_vec())
    }
}

impl Secured {
    /// Gives every role a certificate and has them use it; nothing is served in the clear from then on.
    pub(super) async fn new(region: &mut Installed, api: &Api) -> anyhow::Result<Self> {
        let authority = Authority::new()?;
        let trusted = reqwest::Certificate::from_pem(authority.issuer.pem().as_bytes())?;
        let secured = Self { api: api.over_tls(&trusted)?, authority };
        secured.certify_roles().await?;
        secured.authority.certify("mirror-tls", vec![MIRROR.to_owned()]).await?;
        region.add_values("tls.yaml");
        region.roll(RELEASE).await?;
        let clear = reqwest::get(format!("{}/v1/capabilities", api.url)).await;
        ensure!(
            !clear.is_ok_and(|answer| answer.status().is_success()),
            "the API still answers in the clear"
        );
        Ok(secured)
    }

    /// The file with the authority.
    pub(super) fn authority(&self) -> PathBuf {
        self.authority.file()
    }

    /// A new certificate for the roles.
    async fn certify_roles(&self) -> anyhow::Result<Vec<u8>> {
        let names = vec![APPS.to_owned(), self.api.address()?.ip().to_string()];
        self.authority.certify("region-tls", names).await
    }

    /// Nodes pull through the mirror by TLS, once told of its authority.
    pub(super) async fn nodes_pull(&self) -> anyhow::Result<()> {
        let authority = self.authority();
        let door = Door { url: format!("https://{MIRROR}:5050"), authority: Some(&authority) };
        mirror::nodes_pull_through_it(&self.api, &door).await
    }

    /// A changed Secret arrives at every connection, and no pod is replaced for it.
    pub(super) async fn renewal(&self) -> anyhow::Result<()> {
        let (pods, new) = (pods().await?, self.certify_roles().await?);
        let begun = Instant::now();
        loop {
            let [api, proxy] = [self.shown(None).await?, self.shown(Some(APP)).await?];
            if api.iter().chain(&proxy).all(|shown| *shown == new) {
                break;
            }
            ensure!(begun.elapsed() < RENEWAL_MAX, "the roles still show the certificate from before");
            tokio::time::sleep(POLL).await;
        }
        ensure!(pods == self::pods().await?, "pods were replaced");
        Ok(())
    }

    /// The certificates that new connections get: of the API, or of the proxy for this name. A client has verified them.
    async fn shown(&self, app: Option<&str>) -> anyhow::Result<Vec<Vec<u8>>> {
        let trusted = reqwest::Certificate::from_pem(&std::fs::read(self.authority())?)?;
        let client = reqwest::Client::builder().tls_built_in_root_certs(false).add_root_certificate(trusted);
        let client = client.tls_info(true).pool_max_idle_per_host(0).timeout(Duration::from_secs(10));
        let (client, url) = match app {
            Some(name) => {
                let url = format!("https://{name}:{}/", self.api.proxy.port());
                (client.resolve(name, self.api.proxy), url)
            }
            None => (client, self.api.url.clone()),
        };
        let (client, mut all) = (client.build()?, Vec::new());
        for _ in 0..CONNECTIONS {
            let answer = client.get(&url).send().await?;
            let info = answer.extensions().get::<TlsInfo>().context("no TLS")?;
            all.push(info.peer_certificate().context("no certificate")?.to_vec());
        }
        Ok(all)
    }
}

/// A certificate for these hosts, with a name of its own: one that is called like its issuer is taken for its own issuer.
fn named(name: &str, hosts: Vec<String>) -> anyhow::Result<CertificateParams> {
    let mut parameters = CertificateParams::new(hosts)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}

/// The roles' pods.
async fn pods() -> anyhow::Result<String> {
    kubectl(&["--namespace", NAMESPACE, "get", "pods", "--output", "name"]).await
}
