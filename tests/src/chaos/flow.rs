//! The first flow of the product, through two replicas of every role.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::{Method, StatusCode};

use super::platform::Platform;
use super::tab::Tab;
use super::templates::{self, SEAT};
use super::visitor::Visitor;
use crate::processes::{Fleet, Machines};

const PATIENCE: Duration = Duration::from_secs(30);
const FILE: &str = "/_qj/files?path=notes.txt";
const TEXT: &str = "what I learned";

/// Create, a prompt through either proxy, a file that survives stop and start and not a reset, delete.
///
/// # Errors
/// The first step that went wrong.
pub async fn flow(machines: Machines) -> anyhow::Result<()> {
    let template = templates::seat(&machines);
    let fleet = Fleet::start(machines).await?;
    let platform = Platform::new(fleet.ground.clone())?;
    platform.publish(SEAT, &template).await?;
    let created = platform.create("flow", SEAT, "school-0").await?;
    let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
    platform.phase(&id, Some("ready"), PATIENCE).await?;
    let visitor = Visitor::enter(fleet.ground.clone(), &platform, (&id, "terminal"), 0).await?;
    for proxy in 0..2 {
        prompt(&visitor, proxy).await.with_context(|| format!("proxy {proxy}"))?;
    }
    let put = visitor.request(0, Method::PUT, FILE).body(TEXT).send().await?;
    ensure!(put.status() == StatusCode::CREATED, "upload: {}", put.status());
    for (command, phase) in [("stop", "stopped"), ("start", "ready")] {
        platform.command(&id, command).await?;
        platform.phase(&id, Some(phase), PATIENCE).await?;
    }
    ensure!(file(&visitor, StatusCode::OK).await? == TEXT, "the file is another after stop and start");
    platform.command(&id, "reset").await?;
    platform.phase(&id, Some("ready"), PATIENCE).await?;
    // A reset ends the rights that were given before it.
    let visitor = Visitor::enter(fleet.ground.clone(), &platform, (&id, "terminal"), 1).await?;
    file(&visitor, StatusCode::NOT_FOUND).await?;
    platform.delete(&id).await?;
    platform.phase(&id, None, PATIENCE).await?;
    fleet.stop().await
}

/// Types into a new tab of the terminal and waits for the answer.
async fn prompt(visitor: &Visitor, proxy: usize) -> anyhow::Result<()> {
    let mut tab = Tab::new(visitor.clone(), &format!("tab-{proxy}"), proxy);
    let (deadline, mut screen, answer) =
        (Instant::now() + PATIENCE, String::new(), format!("{}", 6 * 7 + proxy));
    tab.type_text(&format!("echo $((6 * 7 + {proxy}))\n")).await;
    while !screen.contains(&answer) {
        ensure!(Instant::now() < deadline, "no answer on the screen: {screen:?}");
        let output = tab.output(Duration::from_millis(200)).await?.unwrap_or_default();
        screen.push_str(&String::from_utf8_lossy(&output));
    }
    Ok(())
}

/// The file as a page of the app reads it, through both proxies, once their tables have followed.
async fn file(visitor: &Visitor, expected: StatusCode) -> anyhow::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut texts = Vec::new();
    for proxy in 0..2 {
        loop {
            let answer = visitor.request(proxy, Method::GET, FILE).send().await?;
            if answer.status() == expected {
                texts.push(answer.text().await?);
                break;
            }
            ensure!(Instant::now() < deadline, "the file, through proxy {proxy}: {}", answer.status());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(texts.swap_remove(0))
}
