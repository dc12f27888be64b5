//! The distribution specification's own conformance suite, reading only.

use std::path::Path;

use registry_mirror::Digest;
use tokio::time::timeout;

use super::tools::{RUN_MAX, Tools};

/// What the suite shall find in a repository.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The repository.
    pub repository: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its manifests.
    pub manifests: Vec<Digest>,
    /// Its blobs.
    pub blobs: Vec<Digest>,
    /// Manifests that others refer to.
    pub subjects: Vec<Digest>,
}

/// Runs the suite of one version of the specification (`1.1`, `dev`) against the registry at `address`; answers what
/// it printed.
///
/// # Errors
/// When it cannot be built or run.
pub async fn conformance(address: &str, version: &str, content: &Catalogue) -> anyhow::Result<String> {
    let tools = Tools::ready().await?;
    let scratch = tempfile::Builder::new().prefix("qjm-").tempdir()?;
    let list = |digests: &[Digest]| digests.iter().map(Digest::to_string).collect::<Vec<_>>().join(" ");
    let mut command = tools.command(&tools.conformance.join("conformance"), scratch.path());
    command.env("OCI_REGISTRY", address).env("OCI_TLS", "disabled").env("OCI_VERSION", version);
    command.env("OCI_REPO1", &content.repository).env("OCI_RESULTS_DIR", Path::new("results"));
    for writes in ["PUSH", "BLOBS_DELETE", "MANIFESTS_DELETE", "TAGS_DELETE"] {
        command.env(format!("OCI_API_{writes}"), "false");
    }
    // Reading only, this version looks for the header in an answer that it never kept; other tests look for it.
    command.env("OCI_API_MANIFESTS_DIGEST_HEADER", "false");
    command.env("OCI_RO_DATA_TAGS", content.tags.join(" "));
    command.env("OCI_RO_DATA_MANIFESTS", list(&content.manifests));
    command.env("OCI_RO_DATA_BLOBS", list(&content.blobs));
    command.env("OCI_RO_DATA_REFERRERS", list(&content.subjects));
    // Its code says nothing: this version of it breaks down over the report that it writes after the printed one.
    let output = timeout(RUN_MAX, command.output()).await??;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
