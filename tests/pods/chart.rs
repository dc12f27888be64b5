//! A region that the chart has put into a real cluster: installed from what `helm template` writes, used through its
//! Services, upgraded and brought back while people work, secured, and removed.

mod api;
mod audit;
mod browser;
mod database;
mod install;
mod load;
mod mirror;
mod rights;
mod several;
mod tls;
mod trial;
mod upgrade;

use std::time::Instant;

use anyhow::Context as _;
use api::Api;
use install::Installed;
use mirror::Door;
use tls::Secured;

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
    let log = audit::Log::from_now();
    step("namespaces", install::namespaces()).await?;
    step("server-side dry run of every values file", install::dry_runs()).await?;
    let mut region = step("install, all ready", Installed::new()).await?;
    let api = step("a key", Api::with_new_key("region")).await?;
    let door = Door { url: "http://10.96.0.50:5050".to_owned(), authority: None };
    step("nodes pull through the mirror", mirror::nodes_pull_through_it(&api, &door)).await?;
    let deleted = step("several machines and a home", several::lived(&api)).await?;
    step("upgrade and back under load", upgrade::there_and_back(&region, &api)).await?;
    let secured = step("TLS in every role", Secured::new(&mut region, &api)).await?;
    step("nodes pull through the mirror by TLS", secured.nodes_pull()).await?;
    step("a renewed certificate", secured.renewal()).await?;
    step("a student's browser", browser::flow(&secured.api, &secured.authority())).await?;
    step("a home that nobody keeps", deleted.home_is_swept()).await?;
    step("no call was denied", log.nothing_was_denied()).await?;
    step("every rule is used", log.every_rule_is_used()).await?;
    step("calls that the account may not make", rights::are_few()).await?;
    step("a trial with its database in the cluster", trial::goes_on_after_its_database_was_away()).await?;
    step("removal", region.remove()).await?;
    install::leave().await
}
