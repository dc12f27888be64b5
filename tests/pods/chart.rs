//! A region that the chart has put into a real cluster: installed from what `helm template` writes, used through its
//! Services, upgraded and brought back while people work, and removed.

mod api;
mod audit;
mod browser;
mod database;
mod install;
mod load;
mod mirror;
mod upgrade;

use std::time::Instant;

use anyhow::Context as _;
use api::Api;
use install::Installed;

/// The tags by which the images of one build are known: as two releases.
const RELEASE: &str = "test";
const NEXT_RELEASE: &str = "next";

/// Says how long a step took.
async fn step<T>(name: &str, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let begun = Instant::now();
    let found = work.await.with_context(|| name.to_owned())?;
    println!("chart: {name} ({:.1} s)", begun.elapsed().as_secs_f64());
    Ok(found)
}

/// One installation for all of it, since it takes most of the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_of_the_chart_is_used_upgraded_and_brought_back_while_people_work() -> anyhow::Result<()> {
    let log = audit::Log::from_now()?;
    step("namespaces", install::namespaces()).await?;
    step("server-side dry run of every values file", install::dry_runs()).await?;
    let region = step("install, all ready", Installed::new()).await?;
    let api = step("a key", Api::with_new_key()).await?;
    step("nodes pull through the mirror", mirror::nodes_pull_through_it(&api)).await?;
    step("upgrade and back under load", upgrade::there_and_back(&region, &api)).await?;
    step("a student's browser", browser::flow(&api)).await?;
    step("no call was denied", log.nothing_was_denied()).await?;
    step("rules that nothing used", log.rules_without_use()).await?;
    step("removal", region.remove()).await
}
