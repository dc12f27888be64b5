//! The first flow of the product, on pods.

use tests::chaos::flow;
use tests::cluster::Pods;
use tests::processes::Machines;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flow_goes_through_two_replicas_of_every_role_on_pods() {
    let pods = Pods::new("flow").await.unwrap();
    flow(Machines::Pods(pods.clone())).await.unwrap();
    let left = pods.kubectl_json(&["get", "pods"]).await.unwrap();
    assert_eq!(left["items"], serde_json::json!([]), "no pod is left");
    let requests = pods.nothing_was_denied(&[]).unwrap();
    println!("{requests} requests with the chart's rights, none denied");
    pods.remove().await.unwrap();
}
