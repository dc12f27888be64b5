//! `region mirror hosts`.

mod write;

use std::path::PathBuf;

use registry_mirror::Registry;
use registry_mirror::api::Status;
use registry_mirror::hosts::{Engine, File, Mirror};
use serde_json::{Value, json};

use super::MirrorAddress;
use crate::Error;
use crate::api::read;
use crate::command::Invocation;

/// Which files, and for whom.
#[derive(Debug, clap::Args)]
pub struct HostsArgs {
    /// The mirror as the nodes reach it, such as http://10.0.0.5:5050
    #[arg(long, value_name = "URL")]
    pub nodes_url: String,
    /// A registry to pull through it; may repeat [default: all that the mirror has]
    #[arg(long = "registry", value_name = "HOST")]
    pub registries: Vec<String>,
    /// Only for this engine; may repeat
    #[arg(long = "engine", value_enum)]
    pub engines: Vec<EngineName>,
    /// On the nodes: the authority of the mirror's certificate, when their system does not know it
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Write the files below this folder instead of printing them; on a node it is /etc
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Who pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineName {
    /// containerd, also under Kubernetes
    Containerd,
    /// CRI-O, podman, buildah, skopeo
    Crio,
    /// Docker
    Docker,
}

const ALL: [EngineName; 3] = [EngineName::Containerd, EngineName::Crio, EngineName::Docker];

/// Prints or writes the files.
pub(super) async fn run(invocation: &Invocation, args: HostsArgs) -> Result<(), Error> {
    let registries = registries(invocation, &args).await?;
    let wrong = |error| Error::Usage(format!("--nodes-url {}: {error}", args.nodes_url));
    let mirror = Mirror::new(&args.nodes_url, registries, args.ca_file).map_err(wrong)?;
    let engines = if args.engines.is_empty() { &ALL[..] } else { &args.engines };
    let files: Vec<File> = engines.iter().flat_map(|engine| mirror.files((*engine).into())).collect();
    if let Some(folder) = &args.write {
        let written = files.iter().map(|file| write::write(folder, file)).collect::<Result<Vec<_>, _>>()?;
        let answer = json!({ "written": written });
        invocation.output.print(&answer, || written_text(&written))?;
    } else {
        invocation.output.print(&as_json(&files), || as_text(&files))?;
    }
    for engine in engines {
        invocation.output.remark(note(*engine));
    }
    Ok(())
}

/// Those that were named, else those that the mirror says.
async fn registries(invocation: &Invocation, args: &HostsArgs) -> Result<Vec<Registry>, Error> {
    let names = if args.registries.is_empty() {
        let answer = args.mirror.api(invocation)?.get("/v1/status").await?;
        read::<Status>("GET /v1/status", &answer)?.registries
    } else {
        args.registries.clone()
    };
    let read =
        |name: &String| name.parse().map_err(|error| Error::Usage(format!("--registry {name}: {error}")));
    names.iter().map(read).collect()
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Containerd => Self::Containerd,
            EngineName::Crio => Self::Containers,
            EngineName::Docker => Self::Docker,
        }
    }
}

/// What else a node needs.
const fn note(engine: EngineName) -> &'static str {
    match engine {
        EngineName::Containerd => {
            "containerd: its registry section needs config_path = \"/etc/containerd/certs.d\"; hosts.toml is then read at each pull"
        }
        EngineName::Crio => "CRI-O: `systemctl reload crio`; podman, buildah and skopeo read it at each pull",
        EngineName::Docker => "Docker: `systemctl reload docker`; it mirrors docker.io only",
    }
}

fn as_json(files: &[File]) -> Value {
    let files = files.iter().map(|file| json!({ "path": file.path, "text": file.text }));
    json!({ "files": files.collect::<Vec<_>>() })
}

fn as_text(files: &[File]) -> String {
    let parts = files.iter().map(|file| format!("# /etc/{}\n{}", file.path.display(), file.text));
    parts.collect::<Vec<_>>().join("\n")
}

fn written_text(written: &[PathBuf]) -> String {
    written.iter().map(|path| format!("{}\n", path.display())).collect()
}
