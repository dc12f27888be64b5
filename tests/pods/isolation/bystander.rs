//! A student beside the one who misbehaves: a terminal that must go on answering.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tests::outside::{Student, Terminal};
use tokio::time::timeout;

use super::scene::{Sandbox, Scene};

/// A terminal that takes longer for one line does not answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

/// An open terminal.
#[derive(Debug)]
pub(super) struct Bystander {
    terminal: Terminal,
    typed: u64,
}

impl Bystander {
    pub(super) async fn sit_down(scene: &mut Scene, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let proxy: SocketAddr = scene.proxy();
        let url = scene.platform.access(&sandbox.id, "terminal").await?;
        let mut student = Student::enter(proxy, &url).await?;
        student.until_ready().await?;
        let mut bystander = Self { terminal: student.terminal().await?, typed: 0 };
        bystander.asks().await?;
        Ok(bystander)
    }

    /// Works until `done`; how often the terminal answered, and the longest wait.
    pub(super) async fn works_until<T>(
        &mut self,
        done: impl Future<Output = T>,
    ) -> anyhow::Result<(T, u64, Duration)> {
        tokio::pin!(done);
        let (before, mut longest) = (self.typed, Duration::ZERO);
        loop {
            let begun = Instant::now();
            tokio::select! {
                biased;
                result = &mut done => return Ok((result, self.typed - before, longest)),
                answered = self.asks() => answered?,
            }
            longest = longest.max(begun.elapsed());
        }
    }

    async fn asks(&mut self) -> anyhow::Result<()> {
        self.typed += 1;
        let line = format!("echo $(({} * 1000003))\n", self.typed);
        self.terminal.types(self.typed, &line).await?;
        let answer = (self.typed * 1_000_003).to_string();
        timeout(ANSWER_DEADLINE, self.terminal.shows(&[&answer]))
            .await
            .context("the terminal does not answer")?
    }
}
