//! The effective configuration as TOML.

use serde::Serialize;
use toml::Table;

use super::layers::leaves;
use super::{Error, Source};

/// One field a line, as a dotted key, with its source as a comment: a file that could be read again, but for
/// the secrets.
pub(super) fn print<T: Serialize>(value: &T, source: impl Fn(&str) -> Source) -> Result<String, Error> {
    let lines = leaves(Table::try_from(value)?).into_iter().map(|(field, value)| {
        let source = source(&field);
        format!("{field} = {value}  # {source}\n")
    });
    Ok(lines.collect())
}
