//! The registry mirror of `region up`.

use std::io::ErrorKind;
use std::sync::Arc;

use registry_mirror::clock::SystemClock;
use registry_mirror::{Config, Context, Service};
use runtime::admin::Admin;
use runtime::config::Source;

use super::{State, UpConfig, ports};
use crate::Error;

/// Opens it in the state folder. A second region on this computer finds the usual ports taken and gets free
/// ones, unless somebody has set them.
pub(super) async fn open(
    config: &UpConfig,
    state: &State,
    admin: &Admin,
    source: impl Fn(&str) -> Source,
) -> Result<Service, Error> {
    let is_free = |field| source(field) == Source::Default;
    let mut config = config.mirror.clone();
    if is_free("mirror.folder") {
        config.folder = state.folder().join("mirror");
    }
    match Service::open(&config, context(admin)).await {
        Err(error) if is_in_use(&error) => {
            let elsewhere = with_free_ports(config, is_free).ok_or_else(|| Error::wrong(error))?;
            Service::open(&elsewhere, context(admin)).await.map_err(Error::wrong)
        }
        opened => opened.map_err(Error::wrong),
    }
}

/// Where a mirror is reached on this computer.
#[derive(Debug)]
pub(super) struct Urls {
    /// By container engines.
    pub(super) pulls: String,
    /// By operators.
    pub(super) api: String,
}

/// Known once it is open.
pub(super) fn urls(mirror: &Service) -> Result<Urls, Error> {
    let pulls = mirror.address().map_err(ports::refused("mirror"))?;
    let api = mirror.api_address().map_err(ports::refused("mirror"))?;
    Ok(Urls { pulls: format!("http://{pulls}"), api: format!("http://{api}") })
}

fn context(admin: &Admin) -> Context {
    let (readiness, registry) = (admin.readiness.clone(), admin.registry.clone());
    Context { clock: Arc::new(SystemClock), readiness, registry }
}

fn is_in_use(error: &registry_mirror::service::Error) -> bool {
    error.address().is_some_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// `None` when nothing may be changed.
fn with_free_ports(mut config: Config, is_free: impl Fn(&'static str) -> bool) -> Option<Config> {
    let (pulls, api) = (is_free("mirror.listen"), is_free("mirror.api_listen"));
    if pulls {
        config.listen.set_port(0);
    }
    if api {
        config.api_listen.set_port(0);
    }
    (pulls || api).then_some(config)
}
