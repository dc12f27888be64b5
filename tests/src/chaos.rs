//! A campaign against a region of processes: blows fall on every role while a class works, and nothing may be lost.
//!
//! Thirty seats are driven by a platform that asks another replica when one does not answer; two terminals stay open;
//! an inspector looks at the real machines of the computer all the time. Meanwhile processes are killed (`kill -9`),
//! frozen for longer than the leader's lease (SIGSTOP), and kill themselves at named points between intent, effect and
//! record (`QINGJIAO_CRASH_AT`, see `jobrunner::testing`); whoever dies is started again. These must hold:
//!
//! 1. never two live machines for one;
//! 2. no accepted create is lost, and each reaches what was asked;
//! 3. a machine or home is never lost unless that was asked for;
//! 4. everything is settled at most 10 s after the last restart;
//! 5. nothing is left once everything is deleted: no process, folder, socket, control group, nor a home without the
//!    date on which it is swept;
//! 6. a terminal shows every character once;
//! 7. no process ends by itself.
//!
//! `CHAOS_SEED` replays the operations of a seed, `CHAOS_KILLS` says how many kills (30), `CHAOS_SEATS` how many seats
//! (30),
//! `CHAOS_LOGS` names a folder for the logs of all processes. Known non-determinism: processes and their timing are real, so a seed repeats what is done, not what happens.

mod campaign;
mod flow;
mod inspector;
mod op;
mod platform;
pub mod pods;
mod report;
mod seat;
mod striker;
mod tab;
mod templates;
mod terminals;
mod visitor;
mod watch;

pub use campaign::campaign;
pub use flow::flow;
pub use op::{Blow, Op, Whom, generate};
pub use report::Report;
pub use watch::{terminals_template, watch};
