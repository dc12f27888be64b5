//! Environment variables as configuration: `QINGJIAO_<SECTION>__<FIELD>`.

/// All our variables begin with this.
const PREFIX: &str = "QINGJIAO_";
/// Stands between section and field, as the names of both may hold one underscore.
const SEPARATOR: &str = "__";

/// The field that a variable names, or `None` when it is not a field: another program's, or one of our own
/// without a section (`QINGJIAO_CONFIG`).
pub(super) fn field_of(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?;
    name.contains(SEPARATOR).then(|| name.to_ascii_lowercase().replace(SEPARATOR, "."))
}

/// What a text from the environment or a flag may mean: a TOML value where it reads as one that is no plain
/// text, else the text itself. The loader tries the text when a field does not take the value.
pub(super) fn value_of(text: &str) -> toml::Value {
    let parsed = toml::from_str::<toml::Table>(&format!("value = {text}"));
    let single = parsed.ok().filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    single.unwrap_or_else(|| toml::Value::String(text.to_owned()))
}
