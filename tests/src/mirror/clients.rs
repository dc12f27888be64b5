//! Real programs that pull by the configuration that the mirror itself writes for them.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use registry_mirror::digest::Algorithm;
use registry_mirror::hosts::{Engine, Mirror};
use registry_mirror::{Digest, Registry};
use tempfile::TempDir;

use super::containerd::Containerd;
use super::tools::{Tools, run};

/// Signatures are not what is tested here.
const POLICY: &str = r#"{ "default": [{ "type": "insecureAcceptAnything" }] }"#;
/// By this program's own resolver, and without the manifests of other platforms, which nodes do not fetch either.
const LIKE_A_KUBELET: [&str; 2] = ["--local", "--skip-metadata"];

/// Who pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// containerd as Debian has it.
    ContainerdOfDebian,
    /// containerd 2.4, which waits 30 s for headers.
    Containerd2,
    /// skopeo.
    Skopeo,
    /// buildah; podman is the same library.
    Buildah,
    /// crane, which has no configuration of mirrors: it names the registry in the path.
    Crane,
}

impl Client {
    /// Everyone.
    pub const ALL: [Self; 5] =
        [Self::ContainerdOfDebian, Self::Containerd2, Self::Skopeo, Self::Buildah, Self::Crane];
}

/// All clients, each in a folder of its own.
#[derive(Debug)]
pub struct Clients {
    tools: Tools,
    address: String,
    // They end before their folder goes.
    debian: Containerd,
    second: Containerd,
    folder: TempDir,
}

impl Clients {
    /// Starts the daemons and writes the configuration for a mirror at `address` of these registries, whose
    /// certificates are of the authorities in `ca_file`, or of those that the system knows.
    ///
    /// # Errors
    /// When a program cannot be built or a daemon does not start.
    pub async fn start(
        address: &str,
        registries: Vec<Registry>,
        ca_file: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let tools = Tools { ca_file, ..Tools::ready().await? };
        let folder = tempfile::Builder::new().prefix("qjm-").tempdir()?;
        let mirror = Mirror::new(&format!("http://{address}"), registries, None)?;
        for file in
            [Engine::Containerd, Engine::Containers].into_iter().flat_map(|engine| mirror.files(engine))
        {
            write(&folder.path().join("etc").join(file.path), &file.text)?;
        }
        write(&folder.path().join("policy.json"), POLICY)?;
        let place = |name: &str| folder.path().join(name);
        let bin = tools.clients.join("bin");
        let debian = Containerd::start(&tools, &bin, place("debian"), &[]).await?;
        let second = Containerd::start(&tools, &tools.containerd_2, place("second"), &LIKE_A_KUBELET).await?;
        Ok(Self { tools, folder, address: address.to_owned(), debian, second })
    }

    /// Pulls an image like a node that has nothing yet: `turn` is a name that no turn before had, unless the pull
    /// failed and is repeated.
    ///
    /// # Errors
    /// What the client says, or when it has another image than the one with this digest.
    pub async fn pull(&self, client: Client, image: &Image<'_>, turn: &str) -> anyhow::Result<()> {
        let name = format!("{}/{}:{}", image.registry, image.repository, image.tag);
        let scratch = self.folder.path().join(format!("{client:?}-{turn}"));
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch)?;
        }
        std::fs::create_dir(&scratch)?;
        let hosts = self.etc("containerd/certs.d");
        let said = match client {
            Client::ContainerdOfDebian => self.debian.pull(&self.tools, &hosts, &name, turn).await?,
            Client::Containerd2 => self.second.pull(&self.tools, &hosts, &name, turn).await?,
            Client::Skopeo => self.skopeo(&name, &scratch).await?,
            Client::Buildah => self.buildah(&name, &scratch).await?,
            Client::Crane => self.crane(&name, &scratch).await?,
        };
        std::fs::remove_dir_all(&scratch)?;
        let digest = image.digest;
        ensure!(said.contains(&digest.to_string()), "{client:?} has not {digest} but: {said}");
        Ok(())
    }

    /// Ends the daemons.
    ///
    /// # Errors
    /// When one does not end.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.debian.stop().await?;
        self.second.stop().await
    }

    async fn skopeo(&self, name: &str, scratch: &Path) -> anyhow::Result<String> {
        let program = self.tools.clients.join("bin/skopeo");
        let mut command = self.tools.command(&program, scratch);
        command.args(["--insecure-policy", "--registries-conf"]).arg(self.drop_in());
        command.args(["copy", &format!("docker://{name}"), "dir:copy"]);
        run(command).await?;
        let mut command = self.tools.command(&program, scratch);
        command.arg("--registries-conf").arg(self.drop_in());
        command.args(["inspect", "--raw", &format!("docker://{name}")]);
        Ok(Digest::of(Algorithm::Sha256, run(command).await?.as_bytes()).to_string())
    }

    async fn buildah(&self, name: &str, scratch: &Path) -> anyhow::Result<String> {
        let buildah = || {
            let mut command = self.tools.command(&self.tools.clients.join("bin/buildah"), scratch);
            command.args(["--root", "root", "--runroot", "runroot", "--storage-driver", "vfs"]);
            command.arg("--registries-conf").arg(self.drop_in());
            command
        };
        let mut pull = buildah();
        pull.args(["pull", "--policy", "always", "--signature-policy"]);
        pull.arg(self.folder.path().join("policy.json")).arg(name);
        run(pull).await?;
        let mut images = buildah();
        images.args(["images", "--digests", "--no-trunc"]);
        run(images).await
    }

    async fn crane(&self, name: &str, scratch: &Path) -> anyhow::Result<String> {
        let name = format!("{}/{name}", self.address);
        let crane = || self.tools.command(&self.tools.crane.join("crane"), scratch);
        let mut pull = crane();
        // Without a platform it fetches them all, which nodes do not.
        pull.args(["pull", "--insecure", "--platform", "linux/amd64", &name, "copy.tar"]);
        run(pull).await?;
        let mut digest = crane();
        digest.args(["digest", "--insecure", &name]);
        run(digest).await
    }

    fn drop_in(&self) -> PathBuf {
        self.etc("containers/registries.conf.d/50-qingjiao-mirror.conf")
    }

    fn etc(&self, path: &str) -> PathBuf {
        self.folder.path().join("etc").join(path)
    }
}

/// An image to pull.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Its registry.
    pub registry: &'a str,
    /// Its repository.
    pub repository: &'a str,
    /// Its tag.
    pub tag: &'a str,
    /// What the tag points at.
    pub digest: &'a Digest,
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, text)
}
