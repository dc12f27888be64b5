//! The request's fields and the rules that types can't say.

use std::collections::BTreeMap;

use domain::field::FieldError;
use domain::id::{ClassId, LabelKey, LabelValue, OwnerId, Ref, TenantId};
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::limits::{LABELS_MAX, PARAMETERS_MAX, SECRET_BYTES_MAX};
use crate::problem::FieldProblem;

/// What is asked for. It has no `Debug`: it carries secrets.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateSandbox {
    /// The caller's own name for it: unique among the tenant's sandboxes that are not deleted.
    #[schema(value_type = String, examples("c42-s7"))]
    pub(super) r#ref: Ref,
    /// A template's name (its newest version) or `name@sha256:…`.
    #[schema(examples("python-lab"))]
    pub(super) template: String,
    /// The school, as an opaque pseudonym.
    #[schema(value_type = String)]
    pub(super) tenant: TenantId,
    /// Who it is for, as an opaque pseudonym.
    #[schema(value_type = String)]
    pub(super) owner: OwnerId,
    /// The class it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) class_id: Option<ClassId>,
    /// Labels to select by.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub(super) labels: BTreeMap<LabelKey, LabelValue>,
    /// Reach the machine through the template's `bind` as files.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Object>)]
    pub(super) parameters: BTreeMap<String, Value>,
    /// The same, kept encrypted and never shown again.
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, String>,
    /// When the first run is stopped; the template's lifetime when absent, its maximum at most.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expires_at: Option<Timestamp>,
    /// Waiting in the queue ends then.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) queue_until: Option<Timestamp>,
}

const FIELDS: [&str; 10] = [
    "ref",
    "template",
    "tenant",
    "owner",
    "class_id",
    "labels",
    "parameters",
    "secrets",
    "expires_at",
    "queue_until",
];

/// Fields that this release doesn't know: ignored, so that a new platform can call an older region.
pub(super) fn unknown_fields(sent: &Value) -> Vec<FieldProblem> {
    let names = sent.as_object().into_iter().flat_map(|object| object.keys());
    let unknown = names.filter(|name| !FIELDS.contains(&name.as_str()));
    unknown
        .map(|name| FieldProblem {
            field: name.clone(),
            message: "is not known to this release and was ignored".to_owned(),
            allowed: None,
        })
        .collect()
}

impl CreateSandbox {
    /// What is wrong with it.
    pub(super) fn check(&self, now: Timestamp) -> Vec<FieldError> {
        let mut errors = Vec::new();
        at_most(&mut errors, "labels", self.labels.len(), LABELS_MAX);
        at_most(&mut errors, "parameters", self.parameters.len(), PARAMETERS_MAX);
        at_most(&mut errors, "secrets", self.secrets.len(), PARAMETERS_MAX);
        errors.extend(bad_file_names("parameters", self.parameters.keys()));
        errors.extend(bad_file_names("secrets", self.secrets.keys()));
        let large = self.secrets.iter().filter(|(_, secret)| secret.len() > SECRET_BYTES_MAX);
        errors.extend(large.map(|(name, _)| {
            let allowed = format!("at most {SECRET_BYTES_MAX} bytes");
            FieldError::new(format!("secrets.{name}"), "is too long", allowed)
        }));
        for (field, time) in [("expires_at", self.expires_at), ("queue_until", self.queue_until)] {
            if time.is_some_and(|time| time <= now) {
                errors.push(FieldError::new(field, "is in the past", "a time in the future, or null"));
            }
        }
        errors
    }
}

fn at_most(errors: &mut Vec<FieldError>, field: &str, found: usize, most: usize) {
    if found > most {
        errors.push(FieldError::new(field, format!("has {found} entries"), format!("at most {most}")));
    }
}

/// Each becomes a file of this name.
fn bad_file_names<'a>(field: &str, names: impl Iterator<Item = &'a String>) -> Vec<FieldError> {
    let allowed = "1 to 63 letters, digits, '-', '_' or '.', beginning with a letter, digit or '_'";
    let bad = names.filter(|name| !is_file_name(name));
    bad.map(|_| FieldError::new(field, "a name in it can't be a file's name", allowed)).take(1).collect()
}

fn is_file_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}
