use serde_json::json;

use super::{Observations, Probe, Step, plan};
use crate::cause::{Cause, Code};
use crate::id::MachineName;
use crate::phase::{Phase, Wanted};
use crate::provider::{
    Address, Error, Exit, Inventory, Kind, Resource, ResourceId, State, StoreEpoch, Tags, Wait,
};
use crate::sandbox::{Intent, Machine, Sandbox, Status, TemplateRef};
use crate::template::{Template, version_of};
use crate::time::Timestamp;
use crate::transition;

const NOW: Timestamp = Timestamp::from_ms(1_000_000);

fn template() -> Template {
    Template::parse(&json!({"machines":[{"name":"main","runs":{"process":{}},"start_deadline_s":60,
        "resources":{"cpu_millis":100,"memory_mib":64},"apps":[{"name":"terminal","kind":"terminal"}]}]}))
    .unwrap()
}

fn sandbox(phase: Phase) -> Sandbox {
    let name = "shell".parse().unwrap();
    let version = version_of(&json!({})).unwrap();
    let status = Status { phase, observed_generation: 1, ..Status::queued(&template(), NOW) };
    let intent = Intent {
        id: "bj-abcdefghij234567".parse().unwrap(),
        r#ref: "r".parse().unwrap(),
        tenant: "t".parse().unwrap(),
        owner: "u".parse().unwrap(),
        class_id: None,
        template: TemplateRef { name, version },
        labels: [].into(),
        parameters: [].into(),
        wanted: Wanted::Running,
        generation: 1,
        access_epoch: 1,
        home_generation: 1,
        run_since: NOW,
        expires_at: NOW.plus_s(3600),
        max_expires_at: NOW.plus_s(7200),
        queue_until: None,
        expires_soon: false,
        idle_stop_at: None,
        wakeable: false,
        stop_cause: None,
        created_at: NOW,
    };
    Sandbox { intent, status }
}

fn main() -> MachineName {
    "main".parse().unwrap()
}

/// With the machine's first incarnation accepted by the provider two seconds ago.
fn born(phase: Phase) -> Sandbox {
    let mut sandbox = sandbox(phase);
    let at = NOW - std::time::Duration::from_secs(2);
    sandbox.status.machines[0] = Machine {
        incarnation: 1,
        creation_number: 1,
        home_generation: 1,
        asked_at: Some(at),
        ensured_at: Some(at),
        ..Machine::unborn(main())
    };
    sandbox
}

fn resource(incarnation: u64, state: State) -> Resource {
    let tags = Tags {
        region: "bj".parse().unwrap(),
        epoch: StoreEpoch("E1".into()),
        sandbox: "bj-abcdefghij234567".parse().unwrap(),
        machine: main(),
        incarnation,
        creation_number: incarnation,
    };
    let id = ResourceId(format!("r{incarnation}"));
    let address = Some(Address("unix:/run/a".into()));
    Resource { id, kind: Kind::Machine, tags, state, address, created_at: NOW, expires_at: None }
}

fn listed(resources: Vec<Resource>) -> Observations {
    Observations { listed: Some(Inventory { as_of: NOW, resources }), ..Observations::default() }
}

fn step(sandbox: &Sandbox, seen: &Observations) -> Step {
    plan(sandbox, &template(), seen, NOW)
}

fn moved(to: Phase) -> Step {
    Step::Move { to, cause: None }
}

#[test]
fn nothing_is_concluded_without_a_list_but_who_waits_is_told() {
    let nothing_is_seen = Observations::default();
    let mut all = [Phase::Provisioning, Phase::Starting, Phase::Stopping, Phase::Deleting].map(born).to_vec();
    all.push(sandbox(Phase::Queued));
    for mut sandbox in all {
        let phase = sandbox.status.phase;
        if phase == Phase::Deleting {
            sandbox.intent.wanted = Wanted::Deleted;
        }
        let cause = Cause::new(Code::ProviderUnavailable, phase, NOW);
        assert_eq!(step(&sandbox, &nothing_is_seen), Step::Explain(Some(cause.clone())), "{phase}");
        sandbox.status.cause = Some(cause);
        assert_eq!(step(&sandbox, &nothing_is_seen), Step::Nothing, "{phase}");
        assert_eq!(step(&sandbox, &listed(vec![])), Step::Explain(None), "{phase}: it answers again");
    }
    assert_eq!(step(&born(Phase::Ready), &nothing_is_seen), Step::Nothing);
}

#[test]
fn only_admission_moves_the_queue() {
    assert_eq!(step(&sandbox(Phase::Queued), &listed(vec![])), Step::Nothing);
}

#[test]
fn a_life_goes_step_by_step() {
    assert_eq!(step(&sandbox(Phase::Provisioning), &listed(vec![])), Step::Create(vec![main()]));
    let pending = listed(vec![resource(1, State::Pending(None))]);
    assert!(matches!(step(&born(Phase::Provisioning), &pending), Step::WaitUntil(_)));
    let running = listed(vec![resource(1, State::Running)]);
    assert_eq!(step(&born(Phase::Provisioning), &running), moved(Phase::Starting));
    assert!(matches!(step(&born(Phase::Starting), &running), Step::WaitUntil(_)));
    let probed = Observations { probes: [(main(), Probe::Passed)].into(), ..running };
    assert_eq!(step(&born(Phase::Starting), &probed), moved(Phase::Ready));
    assert_eq!(step(&born(Phase::Ready), &probed), Step::Nothing);
}

#[test]
fn an_unknown_outcome_is_asked_again_under_the_same_incarnation() {
    let mut sandbox = born(Phase::Provisioning);
    sandbox.status.machines[0].ensured_at = None;
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Ensure(vec![main()]));
}

#[test]
fn a_list_from_before_the_creation_proves_nothing() {
    let mut sandbox = born(Phase::Ready);
    sandbox.status.machines[0].asked_at = Some(NOW);
    sandbox.status.machines[0].ensured_at = Some(NOW);
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Nothing);
    sandbox.intent.wanted = Wanted::Deleted;
    sandbox.status.phase = Phase::Deleting;
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Nothing, "it may exist: not deleted yet");
}

#[test]
fn what_may_still_be_on_its_way_is_asked_again_before_an_end_or_a_new_one() {
    for (phase, wanted) in [(Phase::Stopping, Wanted::Stopped), (Phase::Deleting, Wanted::Deleted)] {
        let mut sandbox = born(phase);
        sandbox.intent.wanted = wanted;
        sandbox.status.machines[0].ensured_at = None;
        assert_eq!(step(&sandbox, &listed(vec![])), Step::Ensure(vec![main()]), "{phase}");
        let there = resource(1, State::Running);
        assert_eq!(step(&sandbox, &listed(vec![there.clone()])), Step::Delete(vec![there.id]), "{phase}");
    }
    let mut sandbox = born(Phase::Provisioning);
    sandbox.status.machines[0].ensured_at = None;
    sandbox.status.machines[0].retired = true;
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Ensure(vec![main()]));
    sandbox.status.machines[0].asked_at = None;
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Create(vec![main()]), "known to have failed");
}

#[test]
fn a_lost_machine_is_retired_and_made_anew_only_when_the_old_one_is_gone() {
    let sandbox = born(Phase::Ready);
    let Step::Move { to: Phase::Provisioning, cause: Some(cause) } = step(&sandbox, &listed(vec![])) else {
        panic!()
    };
    assert_eq!(cause.code, Code::MachineLost);
    let mut sandbox = born(Phase::Provisioning);
    assert!(matches!(step(&sandbox, &listed(vec![])), Step::Retire { .. }));
    sandbox.status.machines[0].retired = true;
    let old = resource(1, State::Running);
    assert_eq!(step(&sandbox, &listed(vec![old.clone()])), Step::Delete(vec![old.id.clone()]));
    assert_eq!(step(&sandbox, &listed(vec![Resource { state: State::Deleting, ..old }])), Step::Nothing);
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Create(vec![main()]));
}

#[test]
fn a_program_that_keeps_ending_fails_with_its_last_lines() {
    let exit = Exit { exit_code: Some(3), signal: None, last_lines: vec!["boom".into()], cause: None };
    let seen = listed(vec![resource(1, State::Exited(exit))]);
    let mut sandbox = born(Phase::Provisioning);
    assert!(matches!(step(&sandbox, &seen), Step::Retire { .. }));
    sandbox.status.attempts = 2;
    let Step::Move { to: Phase::Failed, cause: Some(cause) } = step(&sandbox, &seen) else { panic!() };
    assert_eq!((cause.detail.as_deref(), cause.last_lines.len()), (Some("exit code 3"), 1));
}

#[test]
fn a_start_that_takes_too_long_is_recycled() {
    let running = listed(vec![resource(1, State::Running)]);
    let late = NOW.plus_s(58);
    let step = plan(&born(Phase::Starting), &template(), &running, late);
    assert!(matches!(step, Step::Retire { cause, .. } if cause.code == Code::StartTimedOut));
}

fn waits(code: Code, detail: Option<&str>) -> State {
    State::Pending(Some(Wait { code, detail: detail.map(str::to_owned) }))
}

#[test]
fn what_is_missing_is_told_and_told_again_when_that_changes() {
    let lacks = |what: Option<&str>| listed(vec![resource(1, waits(Code::NoCapacity, what))]);
    let mut sandbox = born(Phase::Provisioning);
    for what in ["memory", "CPU"] {
        let Step::Explain(Some(cause)) = step(&sandbox, &lacks(Some(what))) else { panic!("{what} is told") };
        assert_eq!((cause.code, cause.detail.as_deref()), (Code::NoCapacity, Some(what)));
        sandbox.status.cause = Some(cause);
        assert!(matches!(step(&sandbox, &lacks(Some(what))), Step::WaitUntil(_)));
    }
    assert!(matches!(step(&sandbox, &lacks(None)), Step::WaitUntil(_)), "who knows less takes nothing back");
    sandbox.status.cause = sandbox.status.cause.map(|cause| Cause { retry_after_s: Some(9), ..cause });
    let Step::Explain(Some(cause)) = step(&sandbox, &lacks(Some("disk"))) else { panic!("it is told") };
    assert_eq!((cause.detail.as_deref(), cause.retry_after_s), (Some("disk"), Some(9)));
    let no_volume = listed(vec![resource(1, waits(Code::VolumeUnavailable, Some("why")))]);
    let late = plan(&sandbox, &template(), &no_volume, NOW.plus_s(58));
    assert!(matches!(late, Step::Retire { cause, .. } if cause.detail.as_deref() == Some("why")));
    let late = plan(&sandbox, &template(), &lacks(Some("CPU")), NOW.plus_s(58));
    let Step::Move { to: Phase::Queued, cause: Some(cause) } = late else { panic!("it waits: {late:?}") };
    assert_eq!(cause.detail.as_deref(), Some("CPU"));
}

#[test]
fn who_goes_back_to_the_queue_knows_what_is_missing() {
    let full = Error::NoCapacity { detail: Some("pods (1 of 1 used)".to_owned()) };
    assert_eq!(full.to_string(), "no room: pods (1 of 1 used)");
    assert_eq!(Error::NoCapacity { detail: None }.to_string(), "no room");
    let status = transition::answered(&born(Phase::Provisioning), &[main()], &[Err(full)], NOW, 0);
    let cause = status.cause.unwrap();
    assert_eq!((status.phase, cause.code), (Phase::Queued, Code::NoCapacity));
    assert_eq!(cause.detail.as_deref(), Some("pods (1 of 1 used)"));
}

#[test]
fn who_waits_is_told_why_once() {
    let waiting = listed(vec![resource(1, waits(Code::ImageMissing, None))]);
    let mut sandbox = born(Phase::Provisioning);
    let Step::Explain(Some(cause)) = step(&sandbox, &waiting) else { panic!("it is told") };
    assert_eq!((cause.code, cause.stage), (Code::ImageMissing, Phase::Provisioning));
    sandbox.status.cause = Some(cause);
    assert!(matches!(step(&sandbox, &waiting), Step::WaitUntil(_)));
    let silent = listed(vec![resource(1, waits(Code::ProviderUnavailable, None))]);
    sandbox.status.cause = Some(Cause::new(Code::ProviderUnavailable, Phase::Provisioning, NOW));
    assert!(matches!(step(&sandbox, &silent), Step::WaitUntil(_)), "the provider itself says so");
    sandbox.status.cause = Some(Cause::new(Code::ImageMissing, Phase::Provisioning, NOW));
    let other = listed(vec![resource(1, waits(Code::NodeLost, None))]);
    assert!(matches!(step(&sandbox, &other), Step::Explain(Some(cause)) if cause.code == Code::NodeLost));
    let late = plan(&sandbox, &template(), &waiting, NOW.plus_s(58));
    assert!(matches!(late, Step::Retire { cause, .. } if cause.code == Code::ImageMissing));
}

#[test]
fn no_room_until_the_deadline_leads_back_to_the_queue() {
    let waiting = listed(vec![resource(1, waits(Code::NoCapacity, None))]);
    let mut sandbox = born(Phase::Provisioning);
    for attempts in [0, super::ATTEMPTS_MAX] {
        sandbox.status.attempts = attempts;
        let late = plan(&sandbox, &template(), &waiting, NOW.plus_s(58));
        let Step::Move { to: Phase::Queued, cause: Some(cause) } = late else { panic!("it waits: {late:?}") };
        assert_eq!((cause.code, cause.stage), (Code::NoCapacity, Phase::Provisioning));
    }
}

#[test]
fn who_pauses_in_the_queue_is_told_when_the_provider_answers_again() {
    let mut sandbox = sandbox(Phase::Queued);
    sandbox.status.next_attempt_at = Some(NOW.plus_s(5));
    sandbox.status.cause = Some(Cause::new(Code::ProviderUnavailable, Phase::Queued, NOW));
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Explain(None));
}

#[test]
fn stop_and_delete_end_when_the_list_says_so() {
    for (phase, wanted, end) in [
        (Phase::Stopping, Wanted::Stopped, Phase::Stopped),
        (Phase::Deleting, Wanted::Deleted, Phase::Deleted),
    ] {
        let mut sandbox = born(phase);
        sandbox.intent.wanted = wanted;
        let there = resource(1, State::Running);
        assert_eq!(step(&sandbox, &listed(vec![there.clone()])), Step::Delete(vec![there.id.clone()]));
        assert_eq!(
            step(&sandbox, &listed(vec![Resource { state: State::Deleting, ..there }])),
            Step::Nothing
        );
        assert_eq!(step(&sandbox, &listed(vec![])), moved(end));
    }
}

#[test]
fn a_reset_stops_what_was_made_for_the_old_home() {
    let mut sandbox = born(Phase::Ready);
    sandbox.intent.home_generation = 2;
    assert_eq!(step(&sandbox, &listed(vec![resource(1, State::Running)])), moved(Phase::Stopping));
    sandbox.status.phase = Phase::Stopped;
    assert_eq!(step(&sandbox, &listed(vec![])), moved(Phase::Queued));
}

#[test]
fn a_failed_one_starts_again_only_when_asked() {
    let mut sandbox = sandbox(Phase::Failed);
    assert_eq!(step(&sandbox, &listed(vec![])), Step::Nothing);
    sandbox.intent.generation = 2;
    assert_eq!(step(&sandbox, &listed(vec![])), moved(Phase::Queued));
}

#[test]
fn every_move_is_in_the_matrix() {
    let states = [State::Pending(None), State::Running, State::Exited(Exit::default()), State::Deleting];
    let lists = states.into_iter().map(|state| vec![resource(1, state)]).chain([vec![]]);
    for seen in lists.map(listed) {
        for phase in Phase::ALL {
            for wanted in [Wanted::Running, Wanted::Stopped, Wanted::Deleted] {
                for (generation, home_generation, attempts) in [(1, 1, 0), (2, 2, 2), (2, 1, 2)] {
                    let mut sandbox = born(phase);
                    sandbox.intent = Intent { wanted, generation, home_generation, ..sandbox.intent };
                    sandbox.status.attempts = attempts;
                    if let Step::Move { to, .. } = step(&sandbox, &seen) {
                        assert!(phase.may_become(to), "{phase} -> {to}");
                    }
                }
            }
        }
    }
}
