//! Whether the region answers.

use domain::check::Check;

use crate::Error;
use crate::command::Invocation;

/// The API, and the key with which it was asked.
pub(super) async fn checks(invocation: &Invocation) -> Vec<Check> {
    let api = match invocation.connection.api() {
        Ok(api) => api,
        // None was started here yet: that is no fault.
        Err(error) if invocation.connection.url.is_none() => {
            return vec![Check::warning("api", first_line(&error), "start one with `region up`")];
        }
        Err(error) => return vec![Check::bad("api", first_line(&error), "give its address with --url")],
    };
    let base = api.base();
    match api.get("/v1/capacity").await {
        Ok(_) => vec![
            Check::good("api", format!("{base} answers")),
            Check::good("key", "the region takes the key"),
        ],
        Err(Error::Problem(problem)) if matches!(problem.status, 401 | 403) => vec![
            Check::good("api", format!("{base} answers")),
            Check::bad(
                "key",
                problem.title,
                "give another with --key-file or QINGJIAO_KEY; `region key create` makes one",
            ),
        ],
        Err(Error::Problem(problem)) => {
            vec![Check::bad("api", format!("{base}: {}", problem.title), "look at the log of the region")]
        }
        Err(error) if invocation.connection.url.is_some() => {
            vec![Check::bad("api", first_line(&error), "check the address, and the log of the region")]
        }
        Err(error) => vec![Check::warning("api", first_line(&error), "start the region with `region up`")],
    }
}

fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
