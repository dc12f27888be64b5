//! One request to the API server, and what its answer means.

use std::time::Duration;

use domain::cause::Code;
use domain::provider::Error;
use kube::core::Status;
use tokio::time::timeout;

use crate::gate::Gate;
use crate::quota;

/// Longest wait for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// How long to wait when the API server wants fewer requests and does not say for how long, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// What came of a request, other than what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is no such object.
    NotFound,
    /// There is one of this name already.
    AlreadyExists,
    /// It is another one than the request said, or it changed meanwhile.
    Conflict,
    /// The version that was asked for is too old.
    Gone,
    /// Anything else, in the words of a provider.
    Failed(Error),
}

impl From<Answer> for Error {
    fn from(answer: Answer) -> Self {
        let unexpected = |what: &str| Self::Unavailable { detail: format!("the API server says {what}") };
        match answer {
            Answer::NotFound => unexpected("that it is not there"),
            Answer::AlreadyExists => unexpected("that it is there already"),
            Answer::Conflict => unexpected("that it has changed"),
            Answer::Gone => unexpected("that this is too old"),
            Answer::Failed(error) => error,
        }
    }
}

/// Sends a request within the budget.
pub(crate) async fn call<T>(
    gate: &Gate,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T, Answer> {
    let _turn = gate.pass().await.map_err(Answer::Failed)?;
    let answer = match timeout(ANSWER_MAX, request).await {
        Ok(answer) => answer.map_err(meaning),
        Err(_) => Err(unavailable(format!("the API server gave no answer in {} s", ANSWER_MAX.as_secs()))),
    };
    if let Err(Answer::Failed(Error::Throttled { retry_after_s })) = &answer {
        gate.close_for(Duration::from_secs(retry_after_s.unwrap_or(u64::from(RETRY_AFTER_S))));
    }
    answer
}

/// What an error of the client means.
pub(crate) fn meaning(error: kube::Error) -> Answer {
    match error {
        kube::Error::Api(status) => of_status(&status),
        other => unavailable(format!(
            "the API server cannot be reached ({other}): check that it runs, and that its address and its certificate \
             are those that this process was told"
        )),
    }
}

/// What an unsuccessful status means.
pub(crate) fn of_status(status: &Status) -> Answer {
    match status.code {
        404 => Answer::NotFound,
        409 if status.reason == "AlreadyExists" => Answer::AlreadyExists,
        409 => Answer::Conflict,
        410 => Answer::Gone,
        429 => throttled(status),
        403 => forbidden(&status.message),
        400 | 422 => rejected(&status.message),
        401 => unavailable("our credentials for the API server are refused: renew them".to_owned()),
        code => unavailable(format!("the API server answered {code}: {}", status.message)),
    }
}

fn throttled(status: &Status) -> Answer {
    let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    Answer::Failed(Error::Throttled { retry_after_s: Some(u64::from(asked.max(RETRY_AFTER_S))) })
}

/// A quota that is used up is room that is missing; rules of the cluster refuse for good; else we lack a right.
fn forbidden(message: &str) -> Answer {
    if let Some(limit) = quota::reached(message) {
        return Answer::Failed(Error::NoCapacity { detail: Some(limit) });
    }
    if is_admission(message) {
        return rejected(message);
    }
    if quota::is_uncounted(message) {
        return unavailable(format!("the cluster still counts what a quota is about: {message}"));
    }
    unavailable(format!(
        "the API server does not allow it ({message}): bind the chart's roles (templates/jobrunner/rbac.yaml) to the \
         jobrunner's account"
    ))
}

fn rejected(message: &str) -> Answer {
    let code = if is_admission(message) { Code::AdmissionDenied } else { Code::MachineRejected };
    Answer::Failed(Error::Rejected { code, detail: message.to_owned() })
}

fn is_admission(message: &str) -> bool {
    [
        "admission webhook",
        "ValidatingAdmissionPolicy",
        "violates PodSecurity",
        "forbidden: maximum",
        "forbidden: minimum",
        "forbidden: [maximum",
        "forbidden: [minimum",
        // A quota counts an amount that the machine does not state.
        "failed quota: ",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn unavailable(detail: String) -> Answer {
    Answer::Failed(Error::Unavailable { detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, reason: &str, message: &str) -> Status {
        let status = serde_json::json!({"code": code, "reason": reason, "message": message});
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn statuses_have_a_meaning() {
        let hook = "admission webhook \"rules.example.com\" denied the request: no such image here";
        let failed = Answer::Failed;
        let refused = |code, detail: &str| failed(Error::Rejected { code, detail: detail.to_owned() });
        let quota =
            "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9";
        let limit = "the namespace's quota q is used up: pods (1 asked for, 9 of 9 used)";
        let unstated = "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: machine";
        for (given, expected) in [
            (status(404, "NotFound", ""), Answer::NotFound),
            (status(409, "AlreadyExists", ""), Answer::AlreadyExists),
            (status(409, "Conflict", ""), Answer::Conflict),
            (status(410, "Expired", ""), Answer::Gone),
            (status(429, "TooManyRequests", ""), failed(Error::Throttled { retry_after_s: Some(1) })),
            (status(403, "Forbidden", quota), failed(Error::NoCapacity { detail: Some(limit.to_owned()) })),
            (status(403, "Forbidden", unstated), refused(Code::AdmissionDenied, unstated)),
            (status(403, "Forbidden", hook), refused(Code::AdmissionDenied, hook)),
            (status(400, "BadRequest", hook), refused(Code::AdmissionDenied, hook)),
            (status(422, "Invalid", "spec.x: wrong"), refused(Code::MachineRejected, "spec.x: wrong")),
        ] {
            assert_eq!(of_status(&given), expected, "{given:?}");
        }
        let uncounted = "pods \"x\" is forbidden: status unknown for quota: q, resources: pods";
        for (code, message, words) in [
            (401, "x", "renew"),
            (403, "x", "bind the chart's roles"),
            (403, uncounted, "still counts"),
            (500, "x", "500"),
            (503, "x", "503"),
        ] {
            let answer = of_status(&status(code, "", message));
            assert!(
                matches!(&answer, Answer::Failed(Error::Unavailable { detail }) if detail.contains(words)),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept() {
        let mut slow = status(429, "TooManyRequests", "");
        slow.details = Some(serde_json::from_value(serde_json::json!({"retryAfterSeconds": 7})).unwrap());
        assert_eq!(of_status(&slow), Answer::Failed(Error::Throttled { retry_after_s: Some(7) }));
    }
}
