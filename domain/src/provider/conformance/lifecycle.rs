//! Making, running, ending, removing; machines and homes.

use super::{Bench, Setting};
use crate::provider::{Kind, MachineSpec, ResourceId, State};

/// Guarantee 2: listed from the moment that the call returned, with its tags; later it runs and has an address.
pub async fn a_made_machine_is_listed_and_runs(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let before = bench.now();
    let spec = setting.spec(1);
    let id = setting.made(spec.clone()).await;
    let listed = setting.machines().await;
    assert_eq!(listed.iter().map(|r| (&r.id, &r.tags)).collect::<Vec<_>>(), vec![(&id, &spec.tags)]);
    assert!((before..=bench.now()).contains(&listed[0].created_at), "made between asking and answering");
    let running = setting.runs(&id).await;
    assert_eq!(running.kind, Kind::Machine);
    setting.clean().await;
}

/// Guarantee 3: only the id counts. The next incarnation, made under the same names, is not hit by a delete of the
/// last; what is gone, or never was, is deleted with success.
pub async fn removal_is_by_id(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let first = setting.made(setting.spec(1)).await;
    setting.runs(&first).await;
    setting.remove(vec![first.clone()]).await;
    let second = setting.made(setting.spec(2)).await;
    assert_ne!(first, second, "an id is never used again");
    let never_was = ResourceId("never-was".to_owned());
    assert_eq!(setting.provider().delete(&[first, never_was]).await, Ok(()));
    setting.runs(&second).await;
    setting.clean().await;
}

/// A home stays when its machine goes, is the next machine's home, and can be given an end and be kept again.
pub async fn homes_outlive_machines(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let first = setting.made(setting.spec(1)).await;
    setting.remove(vec![first]).await;
    let home = setting.homes().await;
    assert_eq!(home.iter().map(|home| home.tags.incarnation).collect::<Vec<_>>(), vec![1]);
    let id = home[0].id.clone();
    for until in [Some(bench.now().plus_s(86_400)), None] {
        assert_eq!(setting.provider().keep_home(&id, until).await, Ok(()));
        assert_eq!(setting.homes().await[0].expires_at, until);
    }
    let second = setting.made(setting.spec(2)).await;
    assert_eq!(setting.homes().await.iter().map(|home| &home.id).collect::<Vec<_>>(), vec![&id]);
    setting.remove(vec![second]).await;
    setting.clean().await;
    assert_eq!(setting.provider().keep_home(&id, None).await, Ok(()), "a home that is gone is no error");
}

/// Another home generation is another home; the one before stays until it is deleted.
pub async fn homes_are_made_anew_by_generation(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let first = setting.made(setting.spec(1)).await;
    setting.remove(vec![first]).await;
    let second = setting.made(MachineSpec { home_generation: 2, ..setting.spec(2) }).await;
    setting.runs(&second).await;
    let mut homes = setting.homes().await;
    homes.sort_by_key(|home| home.tags.incarnation);
    assert_eq!(homes.iter().map(|home| home.tags.incarnation).collect::<Vec<_>>(), vec![1, 2]);
    setting.remove(vec![homes[0].id.clone()]).await;
    assert_eq!(setting.homes().await.len(), 1);
    setting.clean().await;
}

/// A machine ends by itself at its own deadline, whoever is away.
pub async fn deadlines_end_machines(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    setting.made(MachineSpec { deadline_s: 1, ..setting.spec(1) }).await;
    let over = |state: &State| matches!(state, State::Exited(_) | State::Deleting);
    setting.machines_until("it ends at its deadline", |all| all.iter().all(|r| over(&r.state))).await;
    setting.clean().await;
}
