//! The agent's own log: a few JSON lines about its life, never about a request's content.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::clock::Clock;

/// Where log lines go.
pub(crate) struct Log(Mutex<Box<dyn Write + Send>>);

impl Log {
    /// Appends to `file`, or writes to standard error.
    pub(crate) fn open(file: Option<&Path>) -> io::Result<Self> {
        let sink: Box<dyn Write + Send> = match file {
            Some(path) => Box::new(OpenOptions::new().create(true).append(true).open(path)?),
            None => Box::new(io::stderr()),
        };
        Ok(Self(Mutex::new(sink)))
    }

    /// Writes one line; a log that can't be written must not stop the machine.
    pub(crate) fn line(&self, message: &str, fields: &[(&str, Value)]) {
        let mut line = Map::new();
        line.insert("at_s".to_owned(), Clock::System.now_s().into());
        line.insert("message".to_owned(), message.into());
        line.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        let _ = self.0.lock().write_all(text.as_bytes());
    }
}
