//! What is wrong with a field of a request, said so that its sender can mend it.

use serde::Serialize;

/// One mistake in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field from the body's root, such as `machines[0].apps[1].port`; empty for the body itself.
    pub field: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

impl FieldError {
    /// A mistake with what would be right.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), allowed: Some(allowed.into()) }
    }
}

/// Reads `value` as a `T`; the error names the path of the first field that does not fit.
///
/// # Errors
/// One [`FieldError`]: unknown field, missing field or wrong type.
pub fn read<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        let (message, allowed) = match message.split_once(", expected ") {
            Some((message, allowed)) => (message.to_owned(), Some(allowed.to_owned())),
            None => (message, None),
        };
        let field = named_field(&path, &message);
        FieldError { field, message, allowed }
    })
}

/// serde reports an unknown or missing field at its parent; the sender wants its own path.
fn named_field(path: &str, message: &str) -> String {
    let parent = if path == "." { "" } else { path };
    let name = message
        .strip_prefix("unknown field `")
        .or_else(|| message.strip_prefix("missing field `"))
        .and_then(|rest| rest.split('`').next());
    match name {
        Some(name) if parent.is_empty() => name.to_owned(),
        Some(name) if parent.ends_with(&format!(".{name}")) || parent == name => parent.to_owned(),
        Some(name) => format!("{parent}.{name}"),
        None => parent.to_owned(),
    }
}
