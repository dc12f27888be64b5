//! Many clients that create as fast as they are answered.

use std::time::{Duration, Instant};

use anyhow::ensure;
use http::{Method, StatusCode};
use serde_json::json;
use tests::outside::Connection;
use tokio::task::JoinSet;

use super::server::{Server, TEMPLATE_NAME};
use super::{CLIENTS, Rate};
use crate::figures::{count, ms, percentile};

/// Whose sandboxes they are. A tenant's row is locked by each of its creates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tenants {
    /// All of one school, as when a class starts.
    One,
    /// A school for each client.
    Many,
}

impl Tenants {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Many => "64",
        }
    }

    fn of(self, client: usize) -> String {
        match self {
            Self::One => "t-1".to_owned(),
            Self::Many => format!("t-{client}"),
        }
    }
}

pub(super) async fn run(server: &Server, tenants: Tenants, length: Duration) -> anyhow::Result<Rate> {
    let mut connections = Vec::with_capacity(CLIENTS);
    for client in 0..CLIENTS {
        let mut connection = server.connect().await?;
        // The first one of each is not counted: it fills caches on both sides.
        create(&mut connection, &body(&tenants.of(client), &format!("warm-{client}"))).await?;
        connections.push(connection);
    }
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for (client, connection) in connections.into_iter().enumerate() {
        clients.spawn(one_client(connection, tenants.of(client), client, begun + length));
    }
    let mut times_ms = Vec::new();
    while let Some(client) = clients.join_next().await {
        times_ms.extend(client??);
    }
    let per_s = count(times_ms.len()) / begun.elapsed().as_secs_f64();
    Ok(Rate { per_s, p50_ms: percentile(&mut times_ms, 50), p99_ms: percentile(&mut times_ms, 99) })
}

async fn one_client(
    mut connection: Connection,
    tenant: String,
    client: usize,
    until: Instant,
) -> anyhow::Result<Vec<f64>> {
    let mut times_ms = Vec::new();
    for number in 0.. {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        create(&mut connection, &body(&tenant, &format!("r-{client}-{number}"))).await?;
        times_ms.push(ms(begun.elapsed()));
    }
    Ok(times_ms)
}

/// The request that is measured.
pub(super) fn body(tenant: &str, r#ref: &str) -> String {
    json!({"ref": r#ref, "template": TEMPLATE_NAME, "tenant": tenant, "owner": "u-7", "class_id": "c42",
           "labels": {"term": "2026a"}, "parameters": {"lesson": "3"}})
    .to_string()
}

/// Creates one, which must be accepted.
pub(super) async fn create(connection: &mut Connection, body: &str) -> anyhow::Result<serde_json::Value> {
    let answer = connection.send(Method::POST, "/v1/sandboxes", body.to_owned()).await?;
    ensure!(answer.status == StatusCode::ACCEPTED, "{} {:?}", answer.status, answer.body);
    answer.json()
}
