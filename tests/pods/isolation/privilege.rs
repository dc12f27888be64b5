//! What a student's processes may ask of the kernel.

use std::collections::BTreeMap;

use super::control::Control;
use super::scene::{Kind, Scene};

const ATTEMPTS: &str = include_str!("privilege.py");
/// An argument that no other program on this computer has.
const MARKER: &str = "86399.25";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_student_has_no_privilege() {
    let mut scene = Scene::start("privilege").await.unwrap();
    let control = Control::new("privilege").await.unwrap();
    let victim = scene.create("victim", "school-2", Kind::default()).await.unwrap();
    let victim = scene.ready(&victim).await.unwrap();
    scene.exec(&victim, &["sh", "-c", &format!("sleep {MARKER} >/dev/null 2>&1 &")]).await.unwrap();
    control.unlimited("unlimited", &victim.node).await.unwrap();
    let marker = format!("MARKER={MARKER}");
    let attempt = ["env", &marker, "python3", "-c", ATTEMPTS];

    let unlimited = outcome(&control.exec("unlimited", &attempt).await.unwrap());
    let failed: Vec<_> = unlimited.iter().filter(|(_, succeeded)| !**succeeded).collect();
    assert!(failed.is_empty(), "these attempts say nothing, because nothing stood against them: {failed:?}");

    // One on each node, so that one of them is beside the victim.
    let mut beside = false;
    for number in 0..4 {
        let student = scene.create(&format!("student-{number}"), "school-1", Kind::default()).await.unwrap();
        let student = scene.ready(&student).await.unwrap();
        beside |= student.node == victim.node;
        let refused = outcome(&scene.exec(&student, &attempt).await.unwrap().text);
        let succeeded: Vec<_> = refused.iter().filter(|(_, succeeded)| **succeeded).collect();
        assert!(succeeded.is_empty(), "{succeeded:?}");
        assert_eq!(refused.len(), unlimited.len());
        if beside {
            break;
        }
    }
    assert!(beside, "no sandbox came beside the victim");
    control.remove().await.unwrap();
    scene.end().await.unwrap();
}

fn outcome(said: &str) -> BTreeMap<String, bool> {
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"))
}
