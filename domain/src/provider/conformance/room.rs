//! Room: what is taken, what is free, what never fits.

use super::{Bench, Setting};
use crate::cause::Code;
use crate::provider::{Capacity, Error};
use crate::resources::Resources;
use crate::template::Machine;

/// What a machine asks for counts as used while it lives; without room nothing is made, and what could never fit is
/// refused for good.
pub async fn room_is_counted(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let before = capacity(&setting).await;
    let id = setting.made(setting.spec(1)).await;
    let asked = bench.machine().resources;
    assert_eq!(capacity(&setting).await.used, before.used.plus(asked));
    let all = (before.total, "no room");
    let too_large = (beyond(before.largest), "refused");
    // Where there are several nodes, only the provider knows how the rest is spread over them.
    let questions = if before.largest == before.total { vec![all, too_large] } else { vec![too_large] };
    for (resources, expected) in questions {
        let other = Machine { resources, ..setting.named("other") };
        let answer = setting.ensure(setting.spec_of(other, 1)).await;
        let fits = match answer {
            Err(Error::NoCapacity { .. }) => expected == "no room",
            Err(Error::Rejected { .. }) => expected == "refused",
            Ok(_) | Err(Error::Throttled { .. } | Error::Unavailable { .. }) => false,
        };
        assert!(fits, "{expected} expected, but {answer:?}");
        assert_eq!(setting.machines().await.len(), 1, "nothing was made");
    }
    setting.remove(vec![id]).await;
    assert_eq!(capacity(&setting).await.used, before.used);
    setting.clean().await;
}

/// A machine of a kind of place that the region does not have is refused for good, and not put anywhere else.
pub async fn unknown_placements_are_refused(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let Ok(nowhere) = "nowhere".parse() else { unreachable!("the name follows its rule") };
    let machine = Machine { placement: Some(nowhere), ..bench.machine() };
    let answer = setting.ensure(setting.spec_of(machine, 1)).await;
    let says_why = matches!(&answer, Err(Error::Rejected { code: Code::MachineRejected, detail })
        if detail.contains("placement is nowhere"));
    assert!(says_why, "{answer:?}");
    assert_eq!((setting.machines().await, setting.homes().await), (vec![], vec![]), "nothing was made");
}

const fn beyond(largest: Resources) -> Resources {
    Resources { memory_mib: largest.memory_mib.saturating_add(1), ..largest }
}

async fn capacity(setting: &Setting<'_>) -> Capacity {
    match setting.provider().capacity().await {
        Ok(capacity) => capacity,
        Err(error) => unreachable!("it tells its room, but: {error}"),
    }
}
