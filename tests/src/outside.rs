//! A region seen from outside: its programs as processes, its API and the students' way in over real sockets, as
//! benchmarks and campaigns use it.

mod connection;
mod deadline;
mod door;
mod platform;
mod program;
mod region;
mod student;

pub use connection::{Answer, Connection};
pub use deadline::until;
pub use door::Door;
pub use platform::Platform;
pub use program::{Program, programs};
pub use region::{Region, Setup};
pub use student::{Student, Terminal};
