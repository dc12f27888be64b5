//! Whether an address can be reached from here: by this, a region is checked before it is used.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const TRY_MAX: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(250);

/// Succeeds as soon as a connection is made; fails when none was for so long.
pub(crate) fn reach(address: SocketAddr, patience: Duration) -> ExitCode {
    let begun = Instant::now();
    loop {
        match TcpStream::connect_timeout(&address, TRY_MAX) {
            Ok(_) => return ExitCode::SUCCESS,
            Err(error) if begun.elapsed() >= patience => {
                eprintln!("agent: {address}: {error}");
                return ExitCode::FAILURE;
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_listens_is_reached_and_what_does_not_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(reach(address, Duration::ZERO), ExitCode::SUCCESS);
        drop(listener);
        assert_eq!(reach(address, Duration::ZERO), ExitCode::FAILURE);
    }
}
