//! `region login`: single-use links to the console.

use domain::random::OsRandom;
use domain::time::{Clock as _, SystemClock};
use serde_json::json;
use store::Store;

use super::{Invocation, StoreArgs};
use crate::Error;

/// How long a link can be used, in seconds.
const LOGIN_S: u64 = 3600;

/// Which region's console.
#[derive(Debug, clap::Args)]
pub struct LoginArgs {
    /// Which store.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Prints a new link.
pub(crate) async fn run(invocation: &Invocation, args: LoginArgs) -> Result<(), Error> {
    let base = invocation.connection.api()?.base().to_owned();
    let code = issue(&args.store.open(invocation).await?).await?;
    let url = url(&base, &code);
    invocation.output.remark("works once, within the hour:");
    invocation.output.print(&json!({ "console_url": url }), || url.clone())
}

/// A new code; the store keeps its hash only.
pub(crate) async fn issue(store: &Store) -> Result<String, Error> {
    let code = api_server::new_login_code(&OsRandom);
    store.logins().issue(&api_server::hash_of(&code), SystemClock.now().plus_s(LOGIN_S)).await?;
    Ok(code)
}

/// The link. The code is in the fragment, which no server or log ever sees.
pub(crate) fn url(base: &str, code: &str) -> String {
    format!("{base}/console#code={code}")
}
