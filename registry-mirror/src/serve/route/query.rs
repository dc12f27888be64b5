//! The parameters of a query that matter to a pull; others are ignored.

use std::borrow::Cow;

use super::super::problem::{Code, Problem};
use super::super::status::Status;
use crate::source::TagPage;

/// Parameters that are looked at; more are nobody's honest query.
const PARAMETERS_MAX: usize = 32;

/// A query, decoded.
#[derive(Clone, Debug)]
pub(super) struct Query<'t>(Vec<(Cow<'t, str>, Cow<'t, str>)>);

impl<'t> Query<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).take(PARAMETERS_MAX).collect())
    }

    fn first(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.first("ns")
    }

    pub(super) fn has_several_namespaces(&self) -> bool {
        self.0.iter().filter(|(key, _)| key == "ns").count() > 1
    }

    pub(super) fn artifact_type(&self) -> Option<&str> {
        self.first("artifactType")
    }

    /// A `last` that is no tag is nobody's last tag, so the page begins at the first.
    pub(super) fn page(&self) -> Result<TagPage, Problem> {
        let limit = self.first("n").map(read_number).transpose()?;
        Ok(TagPage { limit, last: self.first("last").and_then(|last| last.parse().ok()) })
    }
}

fn read_number(text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| {
        let message = "n is a number of tags, 0 to 4294967295";
        Problem::new(Status::BadRequest, Code::PaginationNumberInvalid, message)
    })
}
