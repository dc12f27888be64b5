use domain::provider::conformance::check_all;

use super::bench::LocalBench;

#[tokio::test]
async fn conforms() {
    let bench = LocalBench::new();
    check_all(&bench).await;
    let uids = std::fs::read_dir(bench.state().join("uids")).unwrap().count();
    let sockets = std::fs::read_dir(bench.state().join("s")).unwrap().count();
    assert_eq!((uids, sockets), (0, 0), "left behind");
}
