//! Values that go into statements.

use std::borrow::Cow;

use domain::id::{
    AppName, ClassId, LabelKey, LabelValue, MachineName, OwnerId, Ref, SandboxId, TemplateName,
    TemplateVersion, TenantId,
};
use domain::phase::{Phase, Wanted};
use domain::time::Timestamp;
use sqlx::query::Query;
use sqlx::{Encode, Type};

/// A value: text or a number, or the lack of either.
#[derive(Clone, Debug)]
pub(crate) enum Arg<'a> {
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
}

/// A list of [`Arg`]s out of anything that is one.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Arg::from($value)),*] };
}
pub(crate) use args;

/// A statement with its values.
pub(super) fn query<'q, D>(sql: &'q str, args: Vec<Arg<'q>>) -> Query<'q, D, D::Arguments<'q>>
where
    D: sqlx::Database,
    Option<Cow<'q, str>>: Encode<'q, D> + Type<D>,
    Option<i64>: Encode<'q, D> + Type<D>,
{
    args.into_iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Text(text) => query.bind(text),
        Arg::Int(number) => query.bind(number),
    })
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

/// BIGINT has a sign: what does not fit is stored as the largest. No count or time of ours comes near.
impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

impl From<bool> for Arg<'_> {
    fn from(truth: bool) -> Self {
        Self::Int(Some(i64::from(truth)))
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(moment: Timestamp) -> Self {
        Self::Int(Some(moment.ms()))
    }
}

impl From<Phase> for Arg<'_> {
    fn from(phase: Phase) -> Self {
        Self::Text(Some(Cow::Borrowed(phase.as_str())))
    }
}

impl From<Wanted> for Arg<'_> {
    fn from(wanted: Wanted) -> Self {
        Self::Text(Some(Cow::Borrowed(wanted.as_str())))
    }
}

impl From<Option<Timestamp>> for Arg<'_> {
    fn from(moment: Option<Timestamp>) -> Self {
        Self::Int(moment.map(Timestamp::ms))
    }
}

impl From<Option<i64>> for Arg<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<Option<String>> for Arg<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Cow::Owned))
    }
}

impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

macro_rules! names {
    ($($name:ident),*) => {$(
        impl<'a> From<&'a $name> for Arg<'a> {
            fn from(name: &'a $name) -> Self {
                Self::from(name.as_str())
            }
        }
    )*};
}
names!(
    AppName,
    ClassId,
    LabelKey,
    LabelValue,
    MachineName,
    OwnerId,
    Ref,
    SandboxId,
    TemplateName,
    TemplateVersion,
    TenantId
);
