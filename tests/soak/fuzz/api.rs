//! The API's bodies and queries: a success or a problem, never a 5xx.

use anyhow::ensure;
use http::Method;
use tests::outside::{Platform, Region};

use super::template;
use crate::mutate::Mutator;

const JSON: &str = "/v1/sandboxes";
/// Where bodies go, and what is right there.
const CALLS: [(&str, &str); 6] = [
    (
        JSON,
        r#"{"ref":"c42-s7","template":"linux-shell","tenant":"school-9","owner":"u-7","class_id":"c42","labels":{"term":"2026a"},"parameters":{"lesson":"3"},"secrets":{"git_token":"s"},"expires_at":null,"queue_until":"2000-01-01T00:00:00Z"}"#,
    ),
    (
        "/v1/sandboxes:batchCreate",
        r#"{"items":[{"ref":"c42-s8","template":"linux-shell","tenant":"school-9","owner":"u-7","queue_until":"2000-01-01T00:00:00Z"}]}"#,
    ),
    (
        "/v1/sandboxes:stop",
        r#"{"select":{"tenant":"no-such-school","class_id":"c42","labels":{"term":"2026a"}}}"#,
    ),
    (
        "/v1/sandboxes:extend",
        r#"{"select":{"ids":["bj-abcdefghij234567"]},"expires_at":"2026-12-01T12:00:00Z"}"#,
    ),
    (
        "/v1/sandboxes:batchAccess",
        r#"{"items":[{"id":"bj-abcdefghij234567","access":{"app":"terminal","user":"u-1","role":"student"}}]}"#,
    ),
    ("/v1/templates/fuzzed/versions", ""),
];
/// Inputs after which what they created is deleted.
const INPUTS_PER_SWEEP: usize = 500;

/// The API of a region.
#[derive(Debug)]
pub(super) struct Api {
    platform: Platform,
    bodies: Vec<(&'static str, Vec<Vec<u8>>)>,
    inputs: usize,
}

impl Api {
    pub(super) async fn new(region: &Region) -> anyhow::Result<Self> {
        let samples = |body: &str| match body {
            "" => template::SAMPLES.map(|text| text.as_bytes().to_vec()).to_vec(),
            body => vec![body.as_bytes().to_vec()],
        };
        let bodies = CALLS.iter().map(|(path, body)| (*path, samples(body))).collect();
        Ok(Self { platform: region.platform().await?, bodies, inputs: 0 })
    }

    pub(super) async fn one(&mut self, mutator: &mut Mutator) -> anyhow::Result<()> {
        let (path, samples) = &self.bodies[mutator.below(self.bodies.len())];
        let body = mutator.changed(samples);
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = self.platform.raw(Method::POST, path, body).await?;
        ensure!(answer.status.as_u16() < 500, "POST {path} {}: {:?} for {shown}", answer.status, answer.body);
        if answer.status.is_client_error() {
            let kind = answer.headers.get("content-type").map(http::HeaderValue::as_bytes);
            ensure!(
                kind == Some(b"application/problem+json"),
                "POST {path} {} is no problem: {shown}",
                answer.status
            );
        }
        self.inputs += 1;
        if self.inputs.is_multiple_of(INPUTS_PER_SWEEP) {
            self.sweep().await?;
        }
        Ok(())
    }

    /// Whatever was created must not fill the region: all but the agent's sandbox goes.
    async fn sweep(&mut self) -> anyhow::Result<()> {
        for sandbox in self.platform.list().await? {
            if let (Some(id), true) = (sandbox["id"].as_str(), sandbox["ref"] != super::agent::REF) {
                self.platform.delete(id).await?;
            }
        }
        Ok(())
    }
}
