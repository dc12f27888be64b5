//! `/sleep SECONDS`: what a pod runs before it is told to end, so that load balancers stop sending to it first. Images
//! hold no shell, and Kubernetes sleeps by itself only since 1.30.

use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let Some(seconds) = seconds else {
        eprintln!("Usage: sleep SECONDS");
        return ExitCode::from(2);
    };
    std::thread::sleep(Duration::from_secs(seconds));
    ExitCode::SUCCESS
}
