//! A cause with its words.

use domain::cause::{Cause, Code, Text, Who};
use domain::phase::Phase;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Why a sandbox waits, failed or was stopped.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Cause)]
pub(crate) struct CauseView {
    /// Which one; match on this.
    pub(crate) slug: CauseSlug,
    /// The phase in which it arose.
    #[schema(value_type = String)]
    pub(crate) stage: Phase,
    /// Who must act: `student`, `teacher`, `platform` or `operator`.
    #[schema(value_type = String)]
    pub(crate) who: Who,
    /// Whether trying again may help.
    pub(crate) retryable: bool,
    /// Seconds until the next try, when one is planned.
    pub(crate) retry_after_s: Option<u64>,
    /// When it arose.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// What happened.
    pub(crate) text: TextView,
    /// What to do.
    pub(crate) next: TextView,
    /// Particulars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The machine's last lines of output: for its owner's eyes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) last_lines: Vec<String>,
}

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Text)]
pub(crate) struct TextView {
    /// Simplified Chinese.
    pub(crate) zh: &'static str,
    /// English.
    pub(crate) en: &'static str,
}

impl From<Text> for TextView {
    fn from(text: Text) -> Self {
        Self { zh: text.zh, en: text.en }
    }
}

/// A cause's stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CauseSlug(pub(crate) Code);

impl Serialize for CauseSlug {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.entry().slug)
    }
}

impl PartialSchema for CauseSlug {
    fn schema() -> RefOr<Schema> {
        let rows = Code::ALL.iter().map(|code| {
            let entry = code.entry();
            format!("- `{}`: {} {}", entry.slug, entry.text.en, entry.text.zh)
        });
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .enum_values(Some(Code::ALL.iter().map(|code| code.entry().slug)))
            .description(Some(rows.collect::<Vec<_>>().join("\n")))
            .into()
    }
}

impl ToSchema for CauseSlug {
    fn name() -> std::borrow::Cow<'static, str> {
        "CauseSlug".into()
    }
}

impl From<&Cause> for CauseView {
    fn from(cause: &Cause) -> Self {
        let entry = cause.code.entry();
        Self {
            slug: CauseSlug(cause.code),
            stage: cause.stage,
            who: entry.who,
            retryable: entry.retryable,
            retry_after_s: cause.retry_after_s,
            at: cause.at,
            text: entry.text.into(),
            next: entry.next.into(),
            detail: cause.detail.clone(),
            last_lines: cause.last_lines.clone(),
        }
    }
}
