use super::*;

#[test]
fn what_is_listed_was_accepted_although_the_answer_was_lost() {
    let at = Some(Timestamp::from_ms(1));
    let tags = crate::provider::Tags {
        region: "bj".parse().unwrap(),
        epoch: crate::provider::StoreEpoch("E1".into()),
        sandbox: "bj-abcdefghij234567".parse().unwrap(),
        machine: "main".parse().unwrap(),
        incarnation: 1,
        creation_number: 1,
    };
    let row = Machine { incarnation: 1, asked_at: at, ..Machine::unborn("main".parse().unwrap()) };
    let resource = crate::provider::Resource {
        id: ResourceId("r".into()),
        kind: crate::provider::Kind::Machine,
        tags,
        state: crate::provider::State::Running,
        address: None,
        created_at: Timestamp::from_ms(2),
        expires_at: None,
    };
    let template = crate::template::Template::parse(&serde_json::json!({"machines":[{"name":"main",
        "runs":{"process":{}},"resources":{"cpu_millis":100,"memory_mib":64}}]}))
    .unwrap();
    let status = Status { machines: vec![row], ..Status::queued(&template, Timestamp::default()) };
    let listed = Inventory { as_of: Timestamp::from_ms(3), resources: vec![resource] };
    assert_eq!(located(status, &listed).machines[0].ensured_at, at);
}

#[test]
fn backoff_grows_and_is_bounded() {
    assert_eq!(backoff(0, 0), Duration::from_millis(250));
    assert!(backoff(0, u64::MAX) <= Duration::from_millis(500));
    assert!(backoff(40, u64::MAX) <= Duration::from_millis(BACKOFF_MOST_MS));
}

fn sandbox() -> Sandbox {
    let body = serde_json::json!({"machines":[{"name":"main","runs":{"process":{}},
        "resources":{"cpu_millis":100,"memory_mib":64}}]});
    let template = crate::template::Template::parse(&body).unwrap();
    let intent = crate::sandbox::Intent {
        id: "bj-abcdefghij234567".parse().unwrap(),
        r#ref: "r".parse().unwrap(),
        tenant: "t".parse().unwrap(),
        owner: "u".parse().unwrap(),
        class_id: None,
        template: crate::sandbox::TemplateRef {
            name: "shell".parse().unwrap(),
            version: crate::template::version_of(&body).unwrap(),
        },
        labels: [].into(),
        parameters: [].into(),
        wanted: crate::phase::Wanted::Running,
        generation: 1,
        access_epoch: 1,
        home_generation: 1,
        run_since: Timestamp::default(),
        expires_at: Timestamp::from_ms(i64::MAX),
        max_expires_at: Timestamp::from_ms(i64::MAX),
        expires_soon: false,
        queue_until: None,
        idle_stop_at: None,
        wakeable: false,
        stop_cause: None,
        created_at: Timestamp::default(),
    };
    Sandbox { intent, status: Status::queued(&template, Timestamp::default()) }
}

/// Admitted, asked for, and answered.
fn tried(mut sandbox: Sandbox, now: Timestamp, answer: Result<ResourceId, Error>) -> Sandbox {
    let names = ["main".parse().unwrap()];
    sandbox.status = admitted(&sandbox, now);
    sandbox.status = created(&sandbox, &names, 1, now);
    sandbox.status = answered(&sandbox, &names, &[answer], now, 0);
    sandbox
}

#[test]
fn a_refused_one_keeps_its_place_and_pauses_ever_longer() {
    let no_room = || Err(Error::NoCapacity { detail: None });
    let mut waiting = sandbox();
    let mut now = Timestamp::from_ms(5000);
    for pause_s in [1, 2, 4, 8, 10, 10] {
        waiting = tried(waiting, now, no_room());
        let status = &waiting.status;
        assert_eq!((status.phase, status.queued_at), (Phase::Queued, Some(Timestamp::default())));
        assert_eq!(status.next_attempt_at, Some(now.plus_s(pause_s)));
        let cause = status.cause.as_ref().unwrap();
        assert_eq!((cause.code, cause.retry_after_s), (Code::NoCapacity, Some(pause_s)));
        assert_eq!(status.attempts, 0, "lack of room is no failure");
        now = now.plus_s(pause_s);
    }
    let told = admitted(&waiting, now);
    assert_eq!((told.phase, told.next_attempt_at), (Phase::Provisioning, None));
    assert_eq!(told.cause, waiting.status.cause, "people read why until the answer is known");
    let made = tried(waiting, now, Ok(ResourceId("r".into())));
    assert_eq!((made.status.phase, made.status.cause), (Phase::Provisioning, None));
}

#[test]
fn who_waits_for_the_first_time_has_no_pause() {
    let mut stopped = sandbox();
    stopped.status.phase = Phase::Stopped;
    stopped.status.cause = Some(Cause::new(Code::NoCapacity, Phase::Queued, Timestamp::default()));
    let queued = moved(&stopped, Phase::Queued, None, Timestamp::from_ms(1));
    assert_eq!((queued.next_attempt_at, queued.queued_at), (None, Some(Timestamp::from_ms(1))));
    let fresh = Sandbox { status: queued, ..stopped };
    assert_eq!(admitted(&fresh, Timestamp::from_ms(2)).cause, None);
}
