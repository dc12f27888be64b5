//! The way to the API server.

use std::path::PathBuf;
use std::time::Duration;

use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::manifest::is_range;
use crate::{Config, patience};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Longest silence of a watch: bookmarks come about every minute.
const SILENCE_MAX: Duration = Duration::from_secs(150);

/// Why the cluster cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file that says how to reach the cluster.
    #[error(
        "the kubeconfig {path} cannot be used ({error}): set kubernetes.kubeconfig to a file that this process may \
         read, and with which kubectl reaches the cluster"
    )]
    Kubeconfig {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// This process runs in no cluster.
    #[error("this process runs in no cluster ({0}): set kubeconfig to the file that says how to reach it")]
    NotInACluster(String),
    /// A field that makes no sense.
    #[error("{field} {problem}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// The client cannot be made.
    #[error(
        "no client of the API server can be made ({0}): check the certificates and the credentials that the kubeconfig \
         or the service account names"
    )]
    Client(String),
}

/// A client of the API server that the configuration names.
pub(crate) async fn client(config: &Config) -> Result<Client, Error> {
    check(config)?;
    let mut way = match &config.kubeconfig {
        None => kube::Config::incluster().map_err(|error| Error::NotInACluster(error.to_string()))?,
        Some(path) => {
            let wrong =
                |error: &dyn ToString| Error::Kubeconfig { path: path.clone(), error: error.to_string() };
            let file = Kubeconfig::read_from(path).map_err(|error| wrong(&error))?;
            let options = KubeConfigOptions::default();
            kube::Config::from_custom_kubeconfig(file, &options).await.map_err(|error| wrong(&error))?
        }
    };
    way.connect_timeout = Some(CONNECT_WITHIN);
    way.write_timeout = Some(WRITE_WITHIN);
    way.read_timeout = Some(SILENCE_MAX);
    way.reset_reader_on_write = true;
    // Retries are the callers', who know what to do meanwhile.
    way.default_retry = false;
    let builder = ClientBuilder::try_from(way).map_err(|error| Error::Client(error.to_string()))?;
    Ok(builder.with_layer(&patience::layer()).build())
}

fn check(config: &Config) -> Result<(), Error> {
    let wrong = |field, problem: &str| Err(Error::Field { field, problem: problem.to_owned() });
    if config.namespace.is_empty() {
        return wrong("namespace", "is empty: name the namespace of the sandboxes");
    }
    if config.agent_image.is_empty() {
        return wrong("agent_image", "is empty: name the image that holds the agent");
    }
    if config.user_id <= 0 {
        return wrong("user_id", "must be above 0: machines never run as root");
    }
    if config.agent_port < 1024 {
        return wrong("agent_port", "must be at least 1024: machines may not open lower ports");
    }
    if let Some(range) = config.egress_denied.iter().find(|range| !is_range(range)) {
        let problem = format!("has {range}, which is no address range: write 203.0.113.0/24");
        return Err(Error::Field { field: "egress_denied", problem });
    }
    let mistake = config.placements.iter().find_map(|(name, placement)| {
        placement.mistake(&config.gpu_resource).map(|mistake| format!("{name}: {mistake}"))
    });
    match mistake {
        Some(problem) => Err(Error::Field { field: "placements", problem }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Placement;

    #[test]
    fn fields_that_make_no_sense_are_named() {
        let good = Config::new("sandboxes", "agent:1");
        check(&good).unwrap();
        let extended = |name: &str, count: u64| {
            let placement = Placement { extended: [(name.to_owned(), count)].into(), ..Placement::default() };
            Config { placements: [("gpu".parse().unwrap(), placement)].into(), ..good.clone() }
        };
        check(&extended("example.com/fpga", 1)).unwrap();
        for (config, field) in [
            (Config { namespace: String::new(), ..good.clone() }, "namespace"),
            (Config { agent_image: String::new(), ..good.clone() }, "agent_image"),
            (Config { user_id: 0, ..good.clone() }, "user_id"),
            (Config { agent_port: 80, ..good.clone() }, "agent_port"),
            (Config { egress_denied: vec!["here".to_owned()], ..good.clone() }, "egress_denied"),
            (extended("fpga", 1), "placements gpu: extended has fpga"),
            (extended("node.kubernetes.io/fpga", 1), "placements gpu: extended"),
            (extended("example.com/fpga", 0), "placements gpu: extended"),
            (extended("nvidia.com/gpu", 1), "placements gpu: extended"),
        ] {
            assert!(check(&config).unwrap_err().to_string().starts_with(field), "{field}");
        }
    }
}
