//! From `ready` to a route that leads there.

use std::time::Instant;

use tests::outside::Student;

use super::events::Events;
use super::region::{Region, TEMPLATE};
use super::results::Results;
use crate::figures::ms;

/// Measures it for so many sandboxes: 0 when the proxy said so first.
pub(super) async fn measure(region: &Region, times: usize, results: &mut Results) -> anyhow::Result<()> {
    for number in 0..times {
        results.route_ms.push(one(region, &format!("route-{number}")).await?);
    }
    Ok(())
}

async fn one(region: &Region, name: &str) -> anyhow::Result<f64> {
    let (mut platform, mut events) = (region.platform().await?, Events::open(region).await?);
    let id = platform.create(name, TEMPLATE).await?;
    let mut student = Student::enter(region.proxy, &platform.access(&id, "terminal").await?).await?;
    let live = async {
        student.until_ready().await?;
        anyhow::Ok(Instant::now())
    };
    let (live, (_, ready)) = tokio::try_join!(live, events.reached(Some(&id), "ready"))?;
    region.clear().await?;
    Ok(ms(live.saturating_duration_since(ready)))
}
