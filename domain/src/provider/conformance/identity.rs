//! Who is who: repeats, late calls, other regions, the order of answers.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::{Bench, Setting};
use crate::provider::{Error, Kind, MachineSpec, State, Tags};

/// Guarantee 1: the same batch, again and at the same time, makes nothing new.
pub async fn repeated_calls_make_nothing_new(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let members = ["main", "second"].map(|name| setting.spec_of(setting.named(name), 1)).to_vec();
    let batch = setting.batch(members);
    let (one, two) = both(setting.provider().ensure(&batch), setting.provider().ensure(&batch)).await;
    assert!(one.iter().all(Result::is_ok), "made: {one:?}");
    assert_eq!(one, two, "at the same time");
    assert_eq!(setting.provider().ensure(&batch).await, one, "again");
    assert_eq!(setting.machines().await.len(), 2);
    setting.machines_until("both run", |all| all.iter().all(|r| r.state == State::Running)).await;
    assert_eq!(setting.provider().ensure(&batch).await, one, "once they run");
    assert_eq!(setting.machines().await.len(), 2);
    setting.clean().await;
}

/// A creation that comes too late makes nothing that lives: neither the same one after its machine was removed, nor
/// one of an earlier incarnation than the present.
pub async fn late_creations_make_nothing(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let second = setting.made(setting.spec(2)).await;
    let early = setting.ensure(setting.spec(1)).await;
    assert!(matches!(early, Err(Error::Rejected { .. })), "an earlier incarnation: {early:?}");
    assert_eq!(setting.machines().await.len(), 1);
    setting.remove(vec![second.clone()]).await;
    let again = setting.ensure(setting.spec(2)).await;
    assert!(again == Ok(second) || matches!(again, Err(Error::Rejected { .. })), "removed: {again:?}");
    assert_eq!(setting.machines().await, vec![]);
    setting.clean().await;
}

/// Guarantee 5: another region's resources are neither listed nor removed, even by id.
pub async fn other_regions_are_left_alone(bench: &dyn Bench) {
    let setting = Setting::new(bench);
    let (other, region) = bench.other_region();
    let spec = setting.spec(1);
    let theirs = MachineSpec { tags: Tags { region, ..spec.tags.clone() }, ..spec };
    let answers = other.ensure(&setting.batch(vec![theirs])).await;
    let Some(Ok(id)) = answers.first().cloned() else {
        unreachable!("the other region's is made: {answers:?}")
    };
    assert_eq!(setting.machines().await, vec![]);
    assert_eq!(setting.provider().delete(std::slice::from_ref(&id)).await, Ok(()));
    bench.pause().await;
    let Ok(listed) = other.list().await else { unreachable!("the other region lists") };
    let there = listed.resources.iter().filter(|r| r.kind == Kind::Machine && r.id == id);
    assert!(there.clone().all(|r| r.state != State::Deleting) && there.count() == 1, "{listed:?}");
    remove_all(bench).await;
}

/// Removes everything of the other region.
async fn remove_all(bench: &dyn Bench) {
    let (other, _) = bench.other_region();
    for _ in 0..bench.pauses_max() {
        let Ok(listed) = other.list().await else { continue };
        if listed.resources.is_empty() {
            return;
        }
        let ids: Vec<_> = listed.resources.into_iter().map(|resource| resource.id).collect();
        assert_eq!(other.delete(&ids).await, Ok(()));
        bench.pause().await;
    }
    unreachable!("the other region does not become empty");
}

/// One answer for each member, in their order, also when one is refused; a refusal makes nothing.
pub async fn answers_come_in_order(bench: &dyn Bench) {
    let Some(foreign) = bench.foreign_machine() else { return };
    let setting = Setting::new(bench);
    let good = |name: &str| setting.spec_of(setting.named(name), 1);
    let batch = setting.batch(vec![good("one"), setting.spec_of(foreign, 1), good("three")]);
    let answers = setting.provider().ensure(&batch).await;
    assert!(matches!(answers[..], [Ok(_), Err(Error::Rejected { .. }), Ok(_)]), "{answers:?}");
    let listed = setting.machines().await;
    for (name, answer) in [("one", &answers[0]), ("three", &answers[2])] {
        let found = listed.iter().find(|resource| resource.tags.machine.as_str() == name);
        assert_eq!(found.map(|resource| &resource.id), answer.as_ref().ok());
    }
    assert_eq!(listed.len(), 2);
    setting.clean().await;
}

/// Runs two futures at the same time.
async fn both<T>(one: impl Future<Output = T>, two: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut two) = (pin!(one), pin!(two));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none() {
            first = ready(one.as_mut().poll(context));
        }
        if second.is_none() {
            second = ready(two.as_mut().poll(context));
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
