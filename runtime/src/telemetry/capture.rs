//! The log of a piece of code, for tests.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing_subscriber::EnvFilter;

use super::format::json_lines;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The JSON lines that `code` logs on this thread, from `info` up.
pub(crate) fn log_of(code: impl FnOnce()) -> Vec<serde_json::Value> {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = json_lines(EnvFilter::new("info"), move || writer.clone());
    tracing::subscriber::with_default(subscriber, code);
    let text = String::from_utf8(buffer.0.lock().clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
