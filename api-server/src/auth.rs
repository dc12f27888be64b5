//! Who asks: a key of the platform or an operator, a session of the console, or another role of the region.

mod caller;
mod cookie;
mod credential;
mod key_cache;
mod rate;
mod role;

pub(crate) use caller::{Caller, Operator};
pub(crate) use cookie::{ended_cookie, session_cookie, session_of};
pub(crate) use credential::new_token;
pub use credential::{hash_of, new_key, new_login_code};
pub(crate) use key_cache::KeyCache;
pub(crate) use rate::Rates;
pub(crate) use role::{Role, RoleTokens};
