//! The traffic on a road.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::super::tally::{Fault, Tally};
use super::super::weather::{Fate, Weather, status};
use crate::chaos::op::Dice;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// How long who asks too often is to wait, in seconds: longer than anybody waits who is not told.
const RETRY_AFTER_S: u32 = 2;

/// When a write is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Moment {
    /// It was sent and had no effect yet.
    Before,
    /// It had its effect, and nobody knows.
    After,
}

impl Moment {
    /// What it is when who had written dies in this moment.
    pub(in super::super) const fn fault(self) -> Fault {
        match self {
            Self::Before => Fault::DiedBeforeEffect,
            Self::After => Fault::DiedBeforeAnswer,
        }
    }
}

/// What goes on.
#[derive(Debug)]
pub(super) struct Traffic {
    behind: SocketAddr,
    state: Mutex<State>,
    cuts: watch::Sender<u64>,
    to_compact: AtomicU32,
    held: Notify,
    go_on: Notify,
    asked: AtomicU64,
    spoilt: AtomicU64,
    tally: Arc<Tally>,
}

#[derive(Debug)]
struct State {
    weather: Weather,
    dice: Dice,
    hold: Option<Moment>,
    connections: JoinSet<()>,
}

impl Traffic {
    pub(super) fn new(behind: SocketAddr, dice: Dice, tally: Arc<Tally>) -> Self {
        let state = State { weather: Weather::Fair, dice, hold: None, connections: JoinSet::new() };
        Self {
            behind,
            state: Mutex::new(state),
            cuts: watch::Sender::new(0),
            to_compact: AtomicU32::new(0),
            held: Notify::new(),
            go_on: Notify::new(),
            asked: AtomicU64::new(0),
            spoilt: AtomicU64::new(0),
            tally,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, weather: Weather) {
        self.state().weather = weather;
        if weather == Weather::Away {
            self.cut();
        }
    }

    pub(super) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub(super) fn compact(&self, watches: u32) {
        self.to_compact.store(watches, Ordering::SeqCst);
    }

    pub(super) async fn hold(&self, moment: Moment) {
        self.state().hold = Some(moment);
        self.held.notified().await;
    }

    pub(super) fn go_on(&self) {
        self.state().hold = None;
        self.go_on.notify_waiters();
    }

    pub(super) fn asked(&self) -> (u64, u64) {
        (self.asked.load(Ordering::SeqCst), self.spoilt.load(Ordering::SeqCst))
    }

    /// Stands still when a test waits for this moment of a write. Its connection ends with who had written.
    async fn pass(&self, moment: Moment, method: &Method) {
        let go_on = self.go_on.notified();
        let is_meant = method != Method::GET && self.state().hold.take_if(|it| *it == moment).is_some();
        if is_meant {
            let held = async {
                self.held.notify_one();
                go_on.await;
            };
            self.tally.unless(moment.fault(), held).await;
        }
    }

    /// # Errors
    /// To break the connection.
    async fn answer(&self, request: Request<Incoming>) -> anyhow::Result<Response<Body>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let (method, is_watch) = (request.method().clone(), is_watch(&request));
        // Once all of it has arrived, a connection that ends is noticed.
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, Full::new(body.collect().await?.to_bytes()));
        let fate = {
            let State { weather, dice, .. } = &mut *self.state();
            weather.fate(&method, dice)
        };
        self.note(fate);
        match fate {
            Fate::Broken => bail!("away"),
            Fate::Refused(code, reason) => return refusal(code, reason),
            Fate::Later(time) => self.tally.unless(Fault::GivenUp, tokio::time::sleep(time)).await,
            Fate::Through | Fate::AnswerLost => (),
        }
        if is_watch
            && self.to_compact.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
        {
            self.tally.note(Fault::Compacted);
            return refusal(StatusCode::GONE, "Expired");
        }
        self.pass(Moment::Before, &method).await;
        let answer = self.forward(request).await?;
        self.pass(Moment::After, &method).await;
        if fate == Fate::AnswerLost {
            self.tally.note(Fault::AnswerLost);
            bail!("the answer is lost");
        }
        Ok(if is_watch {
            self.until_cut(answer)
        } else {
            answer.map(|body| body.map_err(std::io::Error::other).boxed_unsync())
        })
    }

    fn note(&self, fate: Fate) {
        let fault = match fate {
            Fate::Through => return,
            Fate::Broken => Some(Fault::Broken),
            Fate::Later(_) => Some(Fault::Late),
            Fate::Refused(code, _) => Some(Fault::Refused(code.as_u16())),
            // Noted once it has happened.
            Fate::AnswerLost => None,
        };
        self.spoilt.fetch_add(1, Ordering::SeqCst);
        if let Some(fault) = fault {
            self.tally.note(fault);
        }
    }

    async fn forward(&self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
        let stream = TcpStream::connect(self.behind).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        {
            let connections = &mut self.state().connections;
            while connections.try_join_next().is_some() {}
            connections.spawn(async move {
                // Its end is the answer's.
                let _ = connection.await;
            });
        }
        sender.send_request(request).await.context("the API server")
    }

    /// A watch that ends with the next cut: as a stream ends, or as a connection breaks.
    fn until_cut(&self, answer: Response<Incoming>) -> Response<Body> {
        let mut cuts = self.cuts.subscribe();
        let breaks = self.state().dice.below(2) == 0;
        let tally = self.tally.clone();
        let cut = Box::pin(async move {
            if cuts.changed().await.is_ok() {
                tally.note(Fault::Cut);
            }
        });
        answer.map(|body| {
            let frames =
                body.into_data_stream().map(|data| data.map(Frame::data).map_err(std::io::Error::other));
            let end = breaks.then(|| Err(std::io::Error::other("cut")));
            StreamBody::new(frames.take_until(cut).chain(stream::iter(end))).boxed_unsync()
        })
    }
}

fn is_watch(request: &Request<Incoming>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1")
}

fn refusal(code: StatusCode, reason: &str) -> anyhow::Result<Response<Body>> {
    if code == StatusCode::TOO_MANY_REQUESTS {
        return too_many();
    }
    let answer = Response::builder().status(code).header("content-type", "application/json");
    Ok(answer.body(full(status(code, reason).to_string()))?)
}

/// As an API server answers whose queues are full: not by a status, and how long to wait is only in a header.
fn too_many() -> anyhow::Result<Response<Body>> {
    let answer = Response::builder()
        .status(StatusCode::TOO_MANY_REQUESTS)
        .header("content-type", "text/plain; charset=utf-8")
        .header("x-content-type-options", "nosniff")
        .header("retry-after", RETRY_AFTER_S);
    Ok(answer.body(full("Too many requests, please try again later.\n".to_owned()))?)
}

fn full(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, traffic: Arc<Traffic>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let traffic = traffic.clone();
        let service = service_fn(move |request| {
            let traffic = traffic.clone();
            async move {
                traffic.answer(request).await.map_err(|error| std::io::Error::other(format!("{error:#}")))
            }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new());
        connections.spawn(async move {
            // Broken connections are what a road is for.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
