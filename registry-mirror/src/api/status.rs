//! `GET /v1/status`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Api;
use super::problem::Problem;
use crate::gauges::stampede_ratio;
use crate::graph::Graph;
use crate::report::{ImageReport, report};
use crate::upstream::Budget;

/// What a mirror has and does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Which images would start now with every upstream dead.
    pub images: Vec<ImageReport>,
    /// The registries that are mirrored here.
    pub registries: Vec<String>,
    /// What the disk holds.
    pub disk: Disk,
    /// What came and went since the start.
    pub traffic: Traffic,
    /// The rate budgets that upstreams have told.
    pub upstreams: Vec<UpstreamBudget>,
}

/// What the disk holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The most that may be taken.
    pub budget_bytes: u64,
    /// Of the budget, kept free ahead of need.
    pub headroom_bytes: u64,
    /// Of verified blobs.
    pub sealed_bytes: u64,
    /// Of unfinished blobs, each at full size.
    pub partial_bytes: u64,
    /// Of wrong bytes that are kept aside for a while.
    pub quarantine_bytes: u64,
    /// Of what is known of images: manifests, tags, which repository showed what.
    #[serde(default)]
    pub catalog_bytes: u64,
    /// What the disk below still has, whatever the budget says; absent when it does not tell.
    pub free_bytes: Option<u64>,
}

/// What came and went since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Bytes of blobs sent to clients.
    pub client_bytes: u64,
    /// Bytes of blobs that upstreams sent.
    pub upstream_bytes: u64,
    /// The first for each of the second.
    pub stampede_ratio: f64,
    /// Downloads that run now.
    pub fills_running: u64,
    /// Readers of running downloads now.
    pub readers: u64,
}

/// The rate budget of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamBudget {
    /// The upstream's name in the configuration.
    pub name: String,
    /// Pulls that are allowed in a window.
    pub limit: u64,
    /// Pulls that are left.
    pub remaining: u64,
    /// When it is whole again, in seconds from now.
    pub resets_in_s: Option<u64>,
}

pub(super) async fn show(State(api): State<Api>) -> Result<Json<Status>, Problem> {
    let status = tokio::task::spawn_blocking(move || read(&api)).await;
    status.map_err(|error| Problem::failed(&error))?.map(Json).map_err(|error| Problem::failed(&error))
}

/// Reads every manifest that is kept.
fn read(api: &Api) -> Result<Status, crate::catalog::Error> {
    let graph = Graph::read(&api.catalog, api.clock.now_ms())?;
    let stored: BTreeSet<_> = api.fills.place().list().into_iter().map(|entry| entry.digest).collect();
    let budgets = api.sources.budgets();
    Ok(Status {
        images: report(&graph, &stored),
        registries: api.sources.registries().iter().map(ToString::to_string).collect(),
        disk: disk(api),
        traffic: traffic(api),
        upstreams: budgets.into_iter().map(|(name, budget)| budget_of(name, &budget)).collect(),
    })
}

fn disk(api: &Api) -> Disk {
    let room = &api.fills.bounds().room;
    let (usage, limits) = (room.usage(), room.limits());
    Disk {
        budget_bytes: limits.disk_budget_bytes,
        headroom_bytes: limits.headroom_bytes,
        sealed_bytes: usage.sealed_bytes,
        partial_bytes: usage.partial_bytes,
        quarantine_bytes: usage.quarantine_bytes,
        catalog_bytes: usage.catalog_bytes,
        free_bytes: api.fills.place().disk_free_bytes().ok(),
    }
}

fn traffic(api: &Api) -> Traffic {
    let (counts, client_bytes) = (api.fills.counts(), api.client_bytes.get());
    Traffic {
        client_bytes,
        upstream_bytes: counts.upstream_bytes,
        stampede_ratio: stampede_ratio(client_bytes, counts.upstream_bytes),
        fills_running: counts.running as u64,
        readers: counts.readers as u64,
    }
}

fn budget_of(name: String, budget: &Budget) -> UpstreamBudget {
    UpstreamBudget {
        name,
        limit: budget.limit,
        remaining: budget.remaining,
        resets_in_s: budget.resets_in.map(|wait| wait.as_secs()),
    }
}
