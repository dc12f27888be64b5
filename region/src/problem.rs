//! A problem that the API answered, and how it reads on a terminal.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::view::Cause;
use crate::language::Language;

/// A problem (RFC 9457) as far as people need it; every field may be missing in an answer that is none of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// Stable name, such as `quota_exceeded`.
    pub r#type: String,
    /// What happened.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Particulars.
    pub detail: Option<String>,
    /// The fields that are wrong.
    pub errors: Vec<Field>,
    /// Why the sandbox waits or failed.
    pub cause: Option<Cause>,
    /// Seconds after which a new try makes sense.
    pub retry_after_s: Option<u64>,
    /// Where the present state is to be had, when a cursor is too old.
    pub snapshot: Option<String>,
    /// For the operators.
    pub request_id: Option<String>,
}

/// One field that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Field {
    /// Its path from the body's root.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub allowed: Option<String>,
}

impl Problem {
    /// The problem in a body; when the body is none, the status alone.
    #[must_use]
    pub fn read(status: u16, body: &[u8], request_id: Option<&str>) -> Self {
        let mut problem: Self = serde_json::from_slice(body).unwrap_or_default();
        problem.status = status;
        if problem.title.is_empty() {
            problem.title = format!("the server answered with status {status}");
        }
        problem.request_id = problem.request_id.or_else(|| request_id.map(str::to_owned));
        problem
    }

    /// What to do at a command line, where it isn't plain from the rest.
    fn remedy(&self) -> Option<&'static str> {
        match self.r#type.as_str() {
            "sandbox_not_found" => Some("`region sandbox list` shows the ids"),
            "template_not_found" => Some("`region template list` shows the names"),
            "unauthenticated" => {
                Some("put the region's key into QINGJIAO_KEY, or name its file with --key-file")
            }
            _ => None,
        }
    }

    fn sentence(&self) -> String {
        // With fields the detail repeats the first of them.
        let detail = self.detail.as_deref().filter(|detail| *detail != self.title && self.errors.is_empty());
        match detail {
            Some(detail) => format!("{}: {detail}", self.title.trim_end_matches('.')),
            None => self.title.clone(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field `{}`: {}", self.field, self.message)?;
        match &self.allowed {
            Some(allowed) => write!(f, "; allowed: {allowed}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        for field in &self.errors {
            write!(f, "\n  {field}")?;
        }
        if let Some(cause) = &self.cause {
            let language = Language::of_environment();
            write!(f, "\n  {} {}", cause.text.pick(language), cause.next.pick(language))?;
        }
        if let Some(snapshot) = &self.snapshot {
            write!(f, "\n  the present state: {snapshot}")?;
        }
        if let Some(remedy) = self.remedy() {
            write!(f, "\n  {remedy}")?;
        }
        if let Some(seconds) = self.retry_after_s {
            write!(f, "\n  try again in {seconds} s")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, "\n  request id {id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn fields_and_request_id_are_shown() {
        let body = br#"{"type":"invalid_request","title":"Fields of the request don't fit.","status":422,
            "detail":"`tenant`: is missing","errors":[{"field":"tenant","message":"is missing","allowed":"1 to 63 characters"}],
            "request_id":"r-1"}"#;
        let shown = Problem::read(422, body, None).to_string();
        let expected = "Fields of the request don't fit.\n  \
            field `tenant`: is missing; allowed: 1 to 63 characters\n  request id r-1";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_body_that_is_no_problem_still_says_something() {
        let shown = Problem::read(502, b"<html>bad gateway</html>", Some("r-2")).to_string();
        assert_eq!(shown, "the server answered with status 502\n  request id r-2");
    }

    #[test]
    fn particulars_follow_the_title() {
        let body = br#"{"title":"The region takes no new sandboxes now.","detail":"maintenance"}"#;
        let shown = Problem::read(503, body, None).to_string();
        assert_eq!(shown, "The region takes no new sandboxes now: maintenance");
    }

    #[test]
    fn a_wrong_name_leads_to_the_right_ones() {
        let body = br#"{"type":"sandbox_not_found","title":"There is no such sandbox, or it was deleted."}"#;
        let expected = "There is no such sandbox, or it was deleted.\n  `region sandbox list` shows the ids";
        assert_eq!(Problem::read(404, body, None).to_string(), expected);
    }

    #[test]
    fn when_to_try_again_is_said() {
        let body = br#"{"type":"region_cordoned","title":"The region takes no new sandboxes now.","retry_after_s":60}"#;
        assert!(Problem::read(503, body, None).to_string().ends_with("try again in 60 s"));
    }
}
