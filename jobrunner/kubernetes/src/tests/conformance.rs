use domain::provider::conformance::check_all;

use super::bench::ClusterBench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let bench = ClusterBench::new("conformance").await;
    check_all(&bench).await;
    bench.remove().await;
}
