//! A running command as lines of JSON.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::text::Decoder;
use super::{Finish, NDJSON};
use crate::command::{End, Event, Execution, Output};
use crate::problem::Body;

#[derive(Serialize)]
struct Piece {
    stream: Output,
    data: String,
}

#[derive(Serialize)]
struct Last {
    #[serde(flatten)]
    finish: Finish,
    duration_ms: u64,
}

struct Lines {
    execution: Execution,
    decoders: [Decoder; 2],
    _permit: OwnedSemaphorePermit,
}

/// An answer that is written as the command runs; when the caller leaves, the command is killed.
pub(super) fn response(execution: Execution, permit: OwnedSemaphorePermit) -> Response<Body> {
    let lines = Lines { execution, decoders: Default::default(), _permit: permit };
    let frames = stream::unfold(lines, |mut lines| async {
        let text = lines.next().await?;
        Some((Ok(Frame::data(Bytes::from(text))), lines))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    response
}

impl Lines {
    async fn next(&mut self) -> Option<String> {
        match self.execution.next().await? {
            Event::Output(output, bytes) => {
                let data = self.decoders[output as usize].push(&bytes);
                Some(line(&Piece { stream: output, data }))
            }
            Event::End(end) => Some(self.last(end)),
        }
    }

    fn last(&mut self, end: End) -> String {
        let mut text = String::new();
        for (stream, decoder) in [Output::Stdout, Output::Stderr].into_iter().zip(&mut self.decoders) {
            let data = decoder.finish();
            if !data.is_empty() {
                text += &line(&Piece { stream, data });
            }
        }
        text + &line(&Last { finish: end.into(), duration_ms: end.duration_ms })
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
