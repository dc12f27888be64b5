//! What an agent's refusal means to a caller.

use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;

use super::Answer;
use crate::limits::AGENT_ERROR_BYTES_MAX;
use crate::problem::{Kind, Problem};

/// The agent's own form of an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    r#type: String,
    detail: String,
}

/// The problem of an answer that is no success; reads its body.
pub(crate) async fn refusal(answer: Answer) -> Problem {
    let status = answer.status();
    let body = Limited::new(answer.into_body(), AGENT_ERROR_BYTES_MAX).collect().await;
    let said: Said =
        body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok()).unwrap_or_default();
    problem(status, said)
}

fn problem(status: StatusCode, said: Said) -> Problem {
    let kind = match status.as_u16() {
        400 => Kind::InvalidRequest,
        // The machine was replaced between our look and our call.
        403 if said.r#type == "token_refused" => Kind::MachineUnreachable,
        403 => Kind::FileForbidden,
        404 => Kind::FileNotFound,
        409 => Kind::FileConflict,
        413 => Kind::BodyTooLarge,
        507 => Kind::DiskFull,
        _ => Kind::MachineUnreachable,
    };
    let problem = Problem::new(kind);
    if kind == Kind::MachineUnreachable {
        return problem.because(format!("agent answered {status} {}", said.r#type));
    }
    if said.detail.is_empty() { problem } else { problem.detail(said.detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(status: u16, slug: &str) -> Kind {
        problem(StatusCode::from_u16(status).unwrap(), Said { r#type: slug.into(), detail: String::new() })
            .kind()
    }

    #[test]
    fn each_refusal_has_its_kind() {
        assert_eq!(kind_of(403, "token_refused"), Kind::MachineUnreachable);
        assert_eq!(kind_of(403, "forbidden"), Kind::FileForbidden);
        assert_eq!(kind_of(404, "not_found"), Kind::FileNotFound);
        assert_eq!(kind_of(507, "disk_full"), Kind::DiskFull);
        assert_eq!(kind_of(500, "internal"), Kind::MachineUnreachable);
    }
}
