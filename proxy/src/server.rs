//! A proxy from its configuration to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::random::Random;
use domain::time::Clock;
use runtime::http::{Connection, Limits};
use runtime::{BoxError, Readiness, SharedRegistry, Stop, Stopper};
use tokio::task::JoinSet;

use crate::access::Cookies;
use crate::activity::Activity;
use crate::api::Api;
use crate::config::{BadSource, Config};
use crate::feed::Feed;
use crate::gate::{GateListener, HeadLimits, Peer};
use crate::metrics::Metrics;
use crate::pull::Pulls;
use crate::serve;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::shared::{RequestIds, Shared};
use crate::table::Table;
use crate::visit::Caller;

/// Why a proxy can't be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the configuration is not acceptable.
    #[error("proxy.{field}: allowed is {allowed}")]
    Config {
        /// The field.
        field: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
    /// An entry of `frame_ancestors` is no CSP source.
    #[error(transparent)]
    Embedding(#[from] BadSource),
    /// The address can't be had.
    #[error("proxy.listen: {0}")]
    Listen(#[from] io::Error),
    /// The certificate can't be used, or its address is not to be had.
    #[error("proxy.tls: {0}")]
    Tls(#[from] runtime::tls::Error),
}

/// What a proxy needs of the process that it runs in.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids of requests come from.
    pub random: Arc<dyn Random>,
    /// Where it says whether it has a route table.
    pub readiness: Readiness,
    /// Where its metrics are registered.
    pub registry: SharedRegistry,
}

/// A proxy that listens and answers nobody yet.
#[derive(Debug)]
pub struct Proxy {
    listener: GateListener,
    tls: Option<GateListener>,
    limits: Limits,
    settings: Settings,
    context: Context,
}

impl Proxy {
    /// Checks the configuration and takes the address.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bind(config: &Config, context: Context) -> Result<Self, Error> {
        let settings = Settings::new(config)?;
        let head =
            HeadLimits { bytes: config.header_bytes, time: Duration::from_secs(config.header_timeout_s) };
        let listener = GateListener::new(runtime::http::bind(config.listen).await?, None, head);
        let tls = match &config.tls {
            Some(options) => Some(GateListener::secure(options, head).await?),
            None => None,
        };
        let limits = Limits {
            connections: config.connections_max,
            // The gate times heads; this is how long a connection may lie idle.
            header_read_timeout: Duration::from_secs(config.keep_alive_s),
            header_bytes: config.header_bytes,
            ..Limits::default()
        };
        Ok(Self { listener, tls, limits, settings, context })
    }

    /// The address that was taken.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub fn address(&self) -> Result<SocketAddr, Error> {
        Ok(self.listener.address()?)
    }

    /// Serves until the stop. Soft: accepts nobody more, finishes requests, says goodbye to WebSockets, reports
    /// activity for the last time. Hard: drops everything.
    ///
    /// # Errors
    /// A part of it died.
    pub async fn run(self, stop: Stop) -> Result<(), BoxError> {
        let Self { listener, tls, limits, settings, context } = self;
        let shared = Arc::new(shared(settings, &context, stop.clone()));
        // The feed and the reports go on while connections drain.
        let background = Background::start(&shared, context.readiness);
        let front = async {
            let service_of = |connection| service(shared.clone(), connection);
            let plain = runtime::http::serve(listener, service_of, limits, stop.clone());
            let secure = async {
                match tls {
                    Some(listener) => runtime::http::serve(listener, service_of, limits, stop.clone()).await,
                    None => Ok(()),
                }
            };
            tokio::try_join!(plain, secure)?;
            shared.sessions.drain(&stop).await;
            Ok(())
        };
        let result = tokio::select! {
            result = front => result,
            died = background.died() => Err(died),
        };
        background.end(&shared, &stop).await;
        result
    }
}

fn shared(settings: Settings, context: &Context, stop: Stop) -> Shared {
    let api = Arc::new(Api::new(settings.api.clone(), settings.authorization.clone()));
    let (table, metrics) = (Arc::new(Table::default()), Metrics::new(&context.registry));
    Shared {
        clock: context.clock.clone(),
        cookies: Arc::new(Cookies::default()),
        pulls: Pulls::new(api.clone(), table.clone(), metrics.clone()),
        activity: Arc::new(Activity::new(settings.reporter.clone(), context.clock.clone())),
        sessions: Sessions::default(),
        request_ids: RequestIds::new(context.random.u64()),
        settings,
        table,
        api,
        metrics,
        stop,
    }
}

fn service(
    shared: Arc<Shared>,
    connection: Connection<Peer>,
) -> impl hyper::service::Service<
    http::Request<hyper::body::Incoming>,
    Response = http::Response<crate::body::Body>,
    Error = std::convert::Infallible,
    Future: Send,
> + Send {
    let caller = Caller { peer: connection.peer, slot: connection.slot };
    hyper::service::service_fn(move |request| {
        let answer = serve::answer(shared.clone(), caller.clone(), request);
        async move { Ok(answer.await) }
    })
}

/// What goes on beside the requests.
struct Background {
    tasks: tokio::sync::Mutex<JoinSet<()>>,
    stopper: Stopper,
}

impl Background {
    fn start(shared: &Arc<Shared>, readiness: Readiness) -> Self {
        let (mut tasks, stopper) = (JoinSet::new(), Stopper::new());
        let feed = Feed {
            api: shared.api.clone(),
            table: shared.table.clone(),
            cookies: shared.cookies.clone(),
            readiness,
        };
        tasks.spawn(feed.run(stopper.stop()));
        let (activity, api, stop) = (shared.activity.clone(), shared.api.clone(), stopper.stop());
        tasks.spawn(async move { activity.run(&api, &stop).await });
        Self { tasks: tokio::sync::Mutex::new(tasks), stopper }
    }

    /// Resolves when a part ends that should not.
    async fn died(&self) -> BoxError {
        match self.tasks.lock().await.join_next().await {
            Some(Err(error)) => error.into(),
            Some(Ok(())) | None => "a part of the proxy ended too early".into(),
        }
    }

    async fn end(self, shared: &Shared, stop: &Stop) {
        self.stopper.soft();
        let mut tasks = self.tasks.into_inner();
        let last = async {
            while tasks.join_next().await.is_some() {}
            if let Err(error) = shared.activity.report(&shared.api).await {
                tracing::warn!(%error, "the last activity can't be reported");
            }
        };
        let _hard = stop.unless_hard(last).await;
    }
}
