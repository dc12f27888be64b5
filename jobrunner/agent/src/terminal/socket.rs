//! A tab's connection: frames in, frames out, until one side leaves.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use super::frames::{self, Attach, FromTab, ToTab};
use super::output::ToSend;
use super::sessions::{Seat, Terminals, Wanted};
use super::tab::Closing;

const ATTACH_TIMEOUT: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(30);
/// A tab that answers no ping for this long is gone; it must not rule the window's size from its grave.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// How long a close may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TokioIo<Upgraded>>;
type Sink = SplitSink<Socket, Message>;
type Stream = SplitStream<Socket>;

/// Why reading or writing stopped.
enum Over {
    /// The tab has left.
    Gone,
    /// We end it.
    Closed(Closing),
    /// It attaches again on the same connection, after its program ended.
    Again(Attach),
}

/// Serves a tab until its connection is over.
pub(super) async fn serve(socket: Socket, terminals: &Terminals, wanted: &Wanted) {
    let (mut sink, mut stream) = socket.split();
    let mut over = match timeout(ATTACH_TIMEOUT, first(&mut stream)).await {
        Ok(over) => over,
        Err(_) => Over::Closed(Closing::BadMessage),
    };
    while let Over::Again(attach) = over {
        over = match terminals.attach(wanted, &attach) {
            Ok((seat, attached)) => sit(&seat, attached, &mut sink, &mut stream).await,
            Err(why) => Over::Closed(why),
        };
    }
    if let Over::Closed(why) = over {
        let _ = timeout(CLOSE_TIMEOUT, close(why, sink, stream)).await;
    }
}

async fn first(stream: &mut Stream) -> Over {
    match stream.next().await {
        Some(Ok(Message::Text(text))) => match frames::from_text(&text) {
            Some(FromTab::Attach(attach)) => Over::Again(attach),
            _ => Over::Closed(Closing::BadMessage),
        },
        Some(Ok(_)) => Over::Closed(Closing::BadMessage),
        Some(Err(_)) | None => Over::Gone,
    }
}

/// While a tab is attached, both directions go on independently: neither waits for the other.
async fn sit(seat: &Seat, attached: ToTab, sink: &mut Sink, stream: &mut Stream) -> Over {
    tokio::select! {
        over = read(seat, stream) => over,
        over = write(seat, attached, sink) => over,
    }
}

async fn read(seat: &Seat, stream: &mut Stream) -> Over {
    loop {
        seat.session.until(|state| (!state.is_input_full()).then_some(())).await;
        let message = match timeout(SILENCE_MAX, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            _ => return Over::Gone,
        };
        let understood = match message {
            Message::Text(text) => match frames::from_text(&text) {
                Some(FromTab::Attach(attach)) => return Over::Again(attach),
                Some(message) => apply(seat, &message),
                None => false,
            },
            Message::Binary(bytes) => typed(seat, bytes),
            Message::Close(_) => return Over::Gone,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => true,
        };
        if !understood {
            return Over::Closed(Closing::BadMessage);
        }
    }
}

fn apply(seat: &Seat, message: &FromTab) -> bool {
    match message {
        FromTab::Resize(size) => seat.session.edit(|state| state.resize(seat.tab, *size)),
        FromTab::Seen { offset } => seat.session.edit(|state| state.seen(seat.tab, *offset, Instant::now())),
        FromTab::Attach(_) | FromTab::Unknown => (),
    }
    true
}

fn typed(seat: &Seat, frame: bytes::Bytes) -> bool {
    let Some((number, bytes)) = frames::input(frame) else { return false };
    seat.session.edit(|state| state.typed(seat.tab, number, bytes));
    true
}

async fn write(seat: &Seat, attached: ToTab, sink: &mut Sink) -> Over {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut message = Message::text(attached.text());
    loop {
        let sent = tokio::select! {
            sent = sink.send(message) => sent,
            why = overdue(seat) => return Over::Closed(why),
        };
        if sent.is_err() {
            return Over::Gone;
        }
        let next = tokio::select! {
            next = seat.session.until(|state| state.next_for(seat.tab, Instant::now())) => next,
            _ = pings.tick() => {
                message = Message::Ping(bytes::Bytes::new());
                continue;
            }
        };
        message = match next {
            ToSend::Message(told) => Message::text(told.text()),
            ToSend::Output { offset, bytes } => Message::Binary(frames::output(offset, &bytes)),
            ToSend::Close(why) => return Over::Closed(why),
        };
        // What this tab has taken may be what the program waits for.
        seat.session.edit(|_| ());
    }
}

/// A tab that is to be closed but takes nothing must not keep its seat.
async fn overdue(seat: &Seat) -> Closing {
    let why = seat.session.until(|state| state.tabs.get(&seat.tab).and_then(|tab| tab.closing)).await;
    sleep(CLOSE_TIMEOUT).await;
    why
}

/// Says why, then reads until the tab has closed too: closing with unread bytes could take the reason with it.
async fn close(why: Closing, mut sink: Sink, mut stream: Stream) {
    let (code, reason) = why.code();
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    if sink.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = stream.next().await {}
    }
}
