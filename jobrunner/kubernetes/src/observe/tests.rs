//! A table of what clusters say, and what it means.

use std::sync::Arc;

use domain::cause::Code;
use domain::provider::{Exit, State, Wait};
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use serde_json::{Value, json};

use super::{Around, Event, claim_of, home, machine, state, unbound};

fn pod(status: Value) -> Pod {
    let meta = json!({"name": "bj-abcdefghij234567-main", "uid": "u-1", "creationTimestamp": "2026-09-01T08:00:00Z",
        "annotations": {"qingjiao.io/asked-at": "2026-09-01T08:00:00.25Z"},
        "labels": {"qingjiao.io/region": "bj", "qingjiao.io/epoch": "E7", "qingjiao.io/sandbox": "bj-abcdefghij234567",
            "qingjiao.io/machine": "main", "qingjiao.io/incarnation": "3", "qingjiao.io/creation-number": "41"}});
    serde_json::from_value(json!({"metadata": meta, "status": status})).unwrap()
}

fn unscheduled(message: &str) -> Value {
    json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": message}]})
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{"name": "machine", "image": "", "imageID": "", "ready": false,
        "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}]})
}

/// What it waits for; it must not run yet.
fn waits(pod: &Pod, around: Around<'_>) -> Option<Wait> {
    let State::Pending(wait) = state(pod, around) else { panic!("it is not pending: {:?}", pod.status) };
    wait
}

fn ended(code: i32, reason: &str, message: Option<&str>) -> Value {
    json!({"phase": "Failed", "containerStatuses": [{"name": "machine", "image": "", "imageID": "", "ready": false,
        "restartCount": 0, "state": {"terminated": {"exitCode": code, "reason": reason, "message": message}}}]})
}

fn running() -> Value {
    json!({"phase": "Running", "podIP": "10.244.1.7", "containerStatuses": [{"name": "machine", "image": "",
        "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]})
}

#[test]
fn waits_have_a_cause() {
    let table = [
        (json!({"phase": "Pending"}), None),
        (
            unscheduled("0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available"),
            Some(Code::NoCapacity),
        ),
        (
            unscheduled(
                "0/2 nodes are available: 2 Insufficient nvidia.com/gpu, 1 node(s) had volume node affinity conflict.",
            ),
            Some(Code::NoCapacity),
        ),
        (
            unscheduled("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
            Some(Code::VolumeUnavailable),
        ),
        (
            unscheduled("0/2 nodes are available: 2 node(s) had volume node affinity conflict."),
            Some(Code::VolumeUnavailable),
        ),
        (
            unscheduled("0/2 nodes are available: 2 node(s) had untolerated taint {a: b}."),
            Some(Code::NoCapacity),
        ),
        (waiting("ContainerCreating", ""), None),
        (
            waiting("ErrImagePull", "rpc error: code = NotFound desc = lab:9: not found"),
            Some(Code::ImageMissing),
        ),
        (
            waiting("ImagePullBackOff", "Back-off pulling image \"lab:9\": ErrImagePull: 401 Unauthorized"),
            Some(Code::ImageDenied),
        ),
        (waiting("ErrImagePull", "dial tcp 192.0.2.9:443: i/o timeout"), Some(Code::ImagePullSlow)),
        (waiting("InvalidImageName", "couldn't parse image name"), Some(Code::MachineRejected)),
        (
            waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
            Some(Code::MachineRejected),
        ),
        (
            waiting("RunContainerError", "exec: \"/opt/lab\": stat /opt/lab: no such file or directory"),
            Some(Code::CommandNotFound),
        ),
    ];
    for (status, expected) in table {
        assert_eq!(
            waits(&pod(status.clone()), Around::default()).map(|wait| wait.code),
            expected,
            "{status}"
        );
    }
}

#[test]
fn waits_say_what_is_missing() {
    let mut pull =
        waiting("ImagePullBackOff", "failed to open https://blobs.example.com/?Signature=x: not found");
    pull["containerStatuses"][0]["image"] = json!("registry.example.com/lab:9");
    let hook =
        "Exec lifecycle hook ([/agent]) for Container \"machine\" failed - error: , message: \"a secret\"";
    for (status, expected) in [
        (
            unscheduled(
                "0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available",
            ),
            Some("no node can take it: not enough free memory"),
        ),
        (pull, Some("registry.example.com/lab:9")),
        (
            waiting("CreateContainerConfigError", "container has runAsNonRoot and\nimage will run as root"),
            Some("container has runAsNonRoot and image will run as root"),
        ),
        (waiting("PostStartHookError", hook), None),
    ] {
        let wait = waits(&pod(status.clone()), Around::default()).unwrap();
        assert_eq!(wait.detail.as_deref(), expected, "{status}");
    }
}

#[test]
fn a_home_without_a_volume_is_explained_by_its_claim() {
    let event = |reason: &str| Event { reason: reason.to_owned(), message: "the pool is\nfull".to_owned() };
    let (failed, mount) = (event("ProvisioningFailed"), event("FailedMount"));
    let around = |home_event| Around { home_event, ..Around::default() };
    let unplaced =
        pod(unscheduled("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."));
    let placing = pod(json!({"phase": "Pending"}));
    let said = Some(Wait { code: Code::VolumeUnavailable, detail: Some("the pool is full".to_owned()) });
    for pod in [&unplaced, &placing] {
        assert_eq!(waits(pod, around(Some(&failed))), said);
    }
    let going_well = event("Provisioning");
    assert_eq!(waits(&placing, around(Some(&going_well))), None);
    let wait = waits(&unplaced, around(Some(&going_well))).unwrap();
    assert!(wait.detail.unwrap().contains("unbound immediate"), "the scheduler's word stays");
    let full = pod(unscheduled("0/2 nodes are available: 2 Insufficient cpu."));
    assert_eq!(waits(&full, around(Some(&failed))).unwrap().code, Code::NoCapacity);
    assert_eq!(waits(&placing, Around { event: Some(&mount), ..around(None) }), said);
}

#[test]
fn a_pods_claim_is_known_until_it_has_a_volume() {
    let claim = |uid: &str, phase: &str| {
        let claim =
            json!({"metadata": {"name": format!("home-{uid}"), "uid": uid}, "status": {"phase": phase}});
        Arc::new(serde_json::from_value::<PersistentVolumeClaim>(claim).unwrap())
    };
    let claims = [claim("one", "Pending"), claim("two", "Bound")];
    assert_eq!(unbound(&claims).into_iter().collect::<Vec<_>>(), [("home-one", "one")]);
    let mut mounts = pod(json!({}));
    assert_eq!(claim_of(&mounts), None);
    mounts.spec =
        serde_json::from_value(json!({"containers": [], "volumes": [{"name": "agent", "emptyDir": {}},
        {"name": "home", "persistentVolumeClaim": {"claimName": "home-one"}}]}))
        .unwrap();
    assert_eq!(claim_of(&mounts), Some("home-one"));
}

#[test]
fn ends_have_a_cause_and_last_lines() {
    let exit = |exit_code, signal, cause| Exit { exit_code, signal, last_lines: vec![], cause };
    let evicted =
        json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."});
    let mut put_out = ended(0, "Completed", None);
    put_out["conditions"] = json!([{"type": "DisruptionTarget", "status": "True"}]);
    let table = [
        (
            ended(3, "Error", Some("one\nboom")),
            Exit { last_lines: vec!["one".into(), "boom".into()], ..exit(Some(3), None, None) },
        ),
        (ended(0, "Completed", None), exit(Some(0), None, None)),
        (ended(137, "OOMKilled", None), exit(None, Some(9), Some(Code::OutOfMemory))),
        (ended(128, "StartError", None), exit(Some(128), None, Some(Code::CommandNotFound))),
        (
            evicted,
            Exit {
                last_lines: vec!["The node was low on resource: memory.".into()],
                ..exit(None, None, Some(Code::Evicted))
            },
        ),
        (put_out, exit(Some(0), None, Some(Code::Evicted))),
        (json!({"phase": "Failed", "reason": "DeadlineExceeded"}), exit(None, None, Some(Code::Expired))),
        (json!({"phase": "Failed", "reason": "OutOfcpu"}), exit(None, None, Some(Code::NoCapacity))),
    ];
    for (status, expected) in table {
        assert_eq!(state(&pod(status.clone()), Around::default()), State::Exited(expected), "{status}");
    }
}

#[test]
fn an_eviction_that_only_its_event_tells_is_one() {
    let ended = pod(ended(0, "Completed", None));
    let event = Event { reason: "Evicted".into(), message: "Its scratch space is used up.".into() };
    let around = Around { event: Some(&event), ..Around::default() };
    let State::Exited(exit) = state(&ended, around) else { panic!("it has ended") };
    assert_eq!((exit.cause, exit.last_lines), (Some(Code::Evicted), vec![event.message.clone()]));
}

#[test]
fn events_say_what_statuses_do_not() {
    let scheduled = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True",
        "lastTransitionTime": "2026-09-01T08:00:00Z"}]});
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let table = [
        ("FailedMount", "2026-09-01T08:00:01Z", Some(Code::VolumeUnavailable)),
        ("FailedAttachVolume", "2026-09-01T08:00:01Z", Some(Code::VolumeUnavailable)),
        ("FailedCreatePodSandBox", "2026-09-01T08:00:01Z", Some(Code::ProviderUnavailable)),
        ("Pulling", "2026-09-01T08:00:10Z", None),
        ("Pulling", "2026-09-01T08:00:31Z", Some(Code::ImagePullSlow)),
        ("Pulled", "2026-09-01T08:01:00Z", None),
    ];
    for (reason, now, expected) in table {
        let event = Event { reason: reason.to_owned(), message: String::new() };
        let around = Around { event: Some(&event), now: at(now), ..Around::default() };
        assert_eq!(waits(&pod(scheduled.clone()), around).map(|wait| wait.code), expected, "{reason}");
    }
}

#[test]
fn a_running_machine_has_an_address_and_the_moment_of_asking() {
    let resource = machine(&pod(running()), 7070, Around::default()).unwrap();
    assert_eq!(resource.state, State::Running);
    assert_eq!(resource.address.unwrap().0, "tcp:10.244.1.7:7070");
    assert_eq!(resource.id.0, "pod/bj-abcdefghij234567-main/u-1");
    assert_eq!(resource.created_at.to_string(), "2026-09-01T08:00:00.25Z");
    let mut foreign = pod(running());
    foreign.metadata.name = Some("look-alike".to_owned());
    assert_eq!(machine(&foreign, 7070, Around::default()), None);
}

#[test]
fn a_lost_node_is_the_cause_until_we_remove_what_it_ran() {
    let mut going = pod(running());
    let lost = Around { node_is_lost: true, ..Around::default() };
    assert_eq!(state(&going, lost), State::Running, "the cluster waits for it");
    going.metadata = serde_json::from_value(json!({"deletionTimestamp": "2026-09-01T09:00:00Z"})).unwrap();
    let exit = Exit { cause: Some(Code::NodeLost), ..Exit::default() };
    assert_eq!(state(&going, lost), State::Exited(exit));
    assert_eq!(state(&going, Around { is_deleted_by_us: true, ..lost }), State::Deleting);
    assert_eq!(state(&going, Around::default()), State::Deleting);
    assert_eq!(waits(&pod(json!({"phase": "Pending"})), lost), Some(Code::NodeLost.into()));
}

#[test]
fn who_is_put_out_hears_it_until_we_remove_what_is_left() {
    let put_out = |status: &str| {
        let mut going = running();
        going["conditions"] =
            json!([{"type": "DisruptionTarget", "status": status, "reason": "EvictionByEvictionAPI"}]);
        let mut going = pod(going);
        going.metadata =
            serde_json::from_value(json!({"deletionTimestamp": "2026-09-01T09:00:00Z"})).unwrap();
        going
    };
    let exit = Exit { cause: Some(Code::Evicted), ..Exit::default() };
    assert_eq!(state(&put_out("True"), Around::default()), State::Exited(exit));
    assert_eq!(state(&put_out("False"), Around::default()), State::Deleting);
    let by_us = Around { is_deleted_by_us: true, ..Around::default() };
    assert_eq!(state(&put_out("True"), by_us), State::Deleting);
}

#[test]
fn homes_say_when_they_may_be_swept() {
    let mut meta = serde_json::to_value(pod(json!({})).metadata).unwrap();
    meta["name"] = json!("bj-abcdefghij234567-main-home-3");
    meta["annotations"]["qingjiao.io/expires-at"] = json!("2026-10-01T00:00:00Z");
    let claim: PersistentVolumeClaim = serde_json::from_value(json!({"metadata": meta})).unwrap();
    let kept = home(&claim).unwrap();
    assert_eq!((kept.state, kept.tags.incarnation), (State::Running, 3));
    assert_eq!(kept.expires_at.unwrap().to_string(), "2026-10-01T00:00:00Z");
    meta["deletionTimestamp"] = json!("2026-10-01T00:00:00Z");
    let claim: PersistentVolumeClaim = serde_json::from_value(json!({"metadata": meta})).unwrap();
    assert_eq!(home(&claim).unwrap().state, State::Deleting);
}
