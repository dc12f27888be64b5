//! Runs commands in a machine through its agent, with a token as the region signs it.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use domain::provider::Resource;
use domain::time::{Clock as _, SystemClock};
use domain::token::{AgentClaims, Signer, Verb};
use serde_json::{Value, json};

pub(super) struct Client {
    socket: String,
    token: String,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) exit_code: Option<i64>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Client {
    pub(super) fn new(machine: &Resource, signer: &Signer) -> Self {
        let tags = &machine.tags;
        let token = signer.sign(&AgentClaims {
            sbx: tags.sandbox.clone(),
            mch: tags.machine.clone(),
            inc: tags.incarnation,
            vrb: vec![Verb::Exec, Verb::Files, Verb::Probe],
            exp: SystemClock.now().seconds() + 600,
        });
        let address = machine.address.as_ref().unwrap().0.clone();
        Self { socket: address.strip_prefix("unix:").unwrap().to_owned(), token }
    }

    pub(super) fn sh(&self, script: &str) -> Said {
        let body = json!({"argv":["bash", "-c", script], "timeout_s": 20});
        let answer = self.post("/exec", &body);
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Said { exit_code: answer["exit_code"].as_i64(), stdout: text("stdout"), stderr: text("stderr") }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let (token, bytes) = (&self.token, body.len());
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: agent\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {bytes}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let (from, to) = (content.find('{').unwrap(), content.rfind('}').unwrap());
        serde_json::from_str(&content[from..=to]).unwrap()
    }
}
