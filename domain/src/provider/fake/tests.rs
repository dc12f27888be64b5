use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::provider::conformance::{self, Bench};
use crate::provider::{BatchId, Kind, MachineSpec, State, StoreEpoch, Tags};
use crate::resources::Resources;
use crate::template::Template;
use crate::time::{Clock as _, ManualClock};

/// Runs a future that never waits for anything outside.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("waits"),
    }
}

#[derive(Debug)]
struct FakeBench {
    clock: Arc<ManualClock>,
    provider: Fake,
    other: Fake,
}

impl FakeBench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(1_000_000)));
        let cloud = Cloud::new(clock.clone());
        cloud.set_timing(Timing { start: Duration::from_secs(2), removal: Duration::from_secs(1) });
        cloud.set_total(Resources { cpu_millis: 4000, memory_mib: 4000, disk_mib: 0, gpus: 0 });
        let provider = Fake::new(cloud.clone(), "bj".parse().unwrap());
        Self { clock, provider, other: Fake::new(cloud, "gd".parse().unwrap()) }
    }
}

#[async_trait]
impl Bench for FakeBench {
    fn provider(&self) -> &dyn Provider {
        &self.provider
    }
    fn region(&self) -> RegionName {
        self.provider.region.clone()
    }
    fn other_region(&self) -> (&dyn Provider, RegionName) {
        (&self.other, self.other.region.clone())
    }
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
    fn machine(&self) -> crate::template::Machine {
        let text = serde_json::json!({"machines":[{"name":"main","runs":{"process":{}},
            "resources":{"cpu_millis":100,"memory_mib":64},"home":{"path":"/home/s","size_mib":64}}]});
        Template::parse(&text).unwrap().machines.remove(0)
    }
    fn foreign_machine(&self) -> Option<crate::template::Machine> {
        None
    }
    async fn pause(&self) {
        self.clock.advance(Duration::from_millis(500));
    }
}

fn batch(bench: &FakeBench, incarnation: u64) -> Batch {
    let tags = Tags {
        region: bench.region(),
        epoch: StoreEpoch("E1".into()),
        sandbox: "bj-abcdefghij234567".parse().unwrap(),
        machine: "main".parse().unwrap(),
        incarnation,
        creation_number: incarnation,
    };
    let member = MachineSpec {
        tags,
        tenant: "t".parse().unwrap(),
        machine: bench.machine(),
        peers: Vec::new(),
        network: crate::template::Network::default(),
        home_generation: 1,
        deadline_s: 3600,
        agent_keys: BTreeMap::new(),
    };
    Batch { id: BatchId { id: "b".into(), attempt: 1 }, members: vec![member] }
}

fn lost() -> Error {
    Error::Unavailable { detail: "planned".into() }
}

fn machines(fake: &Fake) -> usize {
    run(fake.list()).unwrap().resources.iter().filter(|r| r.kind == Kind::Machine).count()
}

#[test]
fn conforms() {
    run(conformance::check_all(&FakeBench::new()));
}

#[test]
fn faults_come_before_after_or_long_after_the_effect() {
    let bench = FakeBench::new();
    let (fake, cloud) = (&bench.provider, bench.provider.cloud());
    for (fault, made, landed) in
        [(Fault::Before(lost()), 0, 0), (Fault::Late(lost()), 0, 1), (Fault::After(lost()), 2, 2)]
    {
        cloud.script(Call::Ensure, fault.clone());
        let incarnation = cloud.calls(Call::Ensure) + 1;
        assert_eq!(run(fake.ensure(&batch(&bench, incarnation))), vec![Err(lost())]);
        assert_eq!(machines(fake), made, "{fault:?}");
        cloud.land_late();
        assert_eq!(machines(fake), landed, "{fault:?}");
    }
    assert_eq!(cloud.doubles().len(), 1, "incarnation 3 was made beside 2, and that was noticed");
}

#[test]
fn a_paused_leader_comes_too_late() {
    for (remembers, doubles) in [(true, 0), (false, 1)] {
        let bench = FakeBench::new();
        let cloud = bench.provider.cloud();
        cloud.set_remembers(remembers);
        cloud.script(Call::Ensure, Fault::Held);
        let old = batch(&bench, 1);
        let mut late = pin!(bench.provider.ensure(&old));
        let mut context = Context::from_waker(Waker::noop());
        assert!(late.as_mut().poll(&mut context).is_pending());
        run(bench.provider.ensure(&batch(&bench, 2)))[0].as_ref().unwrap();
        assert_eq!(cloud.release_held(), 1);
        let Poll::Ready(answer) = late.as_mut().poll(&mut context) else { panic!("still held") };
        assert_eq!((answer[0].is_ok(), cloud.doubles().len()), (!remembers, doubles));
    }
}

#[test]
fn things_vanish_end_and_are_foreign() {
    let bench = FakeBench::new();
    let (fake, cloud) = (&bench.provider, bench.provider.cloud());
    let id = run(fake.ensure(&batch(&bench, 1)))[0].clone().unwrap();
    cloud.exit(&id, crate::provider::Exit { exit_code: Some(3), ..Default::default() });
    assert!(cloud.resources().iter().any(|r| matches!(&r.state, State::Exited(e) if e.exit_code == Some(3))));
    run(bench.other.delete(std::slice::from_ref(&id))).unwrap();
    assert_eq!((cloud.foreign_deletes(), machines(fake)), (vec![id.clone()], 1));
    cloud.vanish(&id);
    assert_eq!((machines(fake), cloud.removals().len()), (0, 0));
}
