//! One sandbox and one bare pod, in turns.

use std::time::Instant;

use super::events::Events;
use super::region::{Region, TEMPLATE};
use super::results::{Pair, Results};
use crate::figures::ms;

/// Measures so many pairs. A first one fills caches and pulls images, and is not counted.
pub(super) async fn measure(region: &Region, pairs: usize, results: &mut Results) -> anyhow::Result<()> {
    one(region, "first").await?;
    for number in 0..pairs {
        results.pairs.push(one(region, &format!("pair-{number}")).await?);
    }
    Ok(())
}

async fn one(region: &Region, name: &str) -> anyhow::Result<Pair> {
    let (mut platform, mut events) = (region.platform().await?, Events::open(region).await?);
    let begun = Instant::now();
    let id = platform.create(name, TEMPLATE).await?;
    let (_, ready) = events.reached(Some(&id), "ready").await?;
    let pod = region.bare.copy_of(&id, name).await?;
    region.clear().await?;
    let bare = region.bare.run(&[pod], 1).await?;
    region.clear().await?;
    let bare_ms = bare.first().map_or(f64::NAN, |took| ms(*took));
    Ok(Pair { sandbox_ms: ms(ready - begun), bare_ms })
}
