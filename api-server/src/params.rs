//! Query parameters: known names only, and each mistake by its name.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use store::Page;

use crate::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use crate::problem::Problem;

/// The query of a request, in its order; a name may repeat.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Params {
    /// Refuses names that nobody reads: a mistyped filter must not list everything.
    pub(crate) fn only(self, known: &[&'static str]) -> Result<Self, Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Problem::field(name, "is no parameter of this path", known.join(", "))),
            None => Ok(self),
        }
    }

    /// Every value of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The value of a name, read as `T`.
    pub(crate) fn one<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Problem>
    where
        T::Err: Display,
    {
        self.all(name).next().map(|text| parse(name, text)).transpose()
    }

    /// Every value of a name, read as `T`.
    pub(crate) fn each<T: FromStr>(&self, name: &'static str) -> Result<Vec<T>, Problem>
    where
        T::Err: Display,
    {
        self.all(name).map(|text| parse(name, text)).collect()
    }

    /// `limit` and `cursor`.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        let limit = self.one::<u32>("limit")?.unwrap_or(PAGE_ITEMS_DEFAULT);
        if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
            return Err(Problem::field("limit", format!("is {limit}"), format!("1 to {PAGE_ITEMS_MAX}")));
        }
        Ok(Page { limit, cursor: self.one("cursor")? })
    }
}

fn parse<T: FromStr>(name: &'static str, text: &str) -> Result<T, Problem>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| {
        let message = error.to_string();
        Problem::field(name, "doesn't fit", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_mistyped_name_is_refused() {
        let problem = params(&[("ownr", "x")]).only(&["owner"]).unwrap_err();
        assert_eq!(problem.body(None).errors[0].field, "ownr");
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!(params(&[]).page().unwrap().limit, PAGE_ITEMS_DEFAULT);
        assert!(params(&[("limit", "0")]).page().is_err());
        assert!(params(&[("limit", "many")]).page().is_err());
    }
}
