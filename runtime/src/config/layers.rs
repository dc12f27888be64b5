//! Values from several sources, put over each other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::environment::{field_of, value_of};
use super::{Error, Loaded, Source};

/// A text that was given for a field, and who gave it.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) source: Source,
    /// The text as given, when the source has only texts.
    pub(super) text: Option<String>,
}

/// Values from several sources; a later layer wins over an earlier one, field by field.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    pub(super) values: Table,
    pub(super) origins: BTreeMap<String, Origin>,
    pub(super) foreign_sections: &'static [&'static str],
}

impl Layers {
    /// No values yet: every field has its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sections that this program does not read but that may stand in a file shared with others.
    #[must_use]
    pub fn foreign_sections(mut self, names: &'static [&'static str]) -> Self {
        self.foreign_sections = names;
        self
    }

    /// Puts a TOML file on top.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Syntax`].
    pub fn file(mut self, path: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let table: Table = toml::from_str(&text).map_err(|error| syntax(path, &text, &error))?;
        let source = Source::File(path.to_owned());
        for (field, value) in leaves(table) {
            self.put(&field, value, Origin { source: source.clone(), text: None })?;
        }
        Ok(self)
    }

    /// Puts the variables of the form `QINGJIAO_<SECTION>__<FIELD>` on top; others are ignored.
    ///
    /// # Errors
    /// [`Error::Invalid`] when two variables exclude each other.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        for (name, text) in variables {
            if let Some(field) = field_of(&name) {
                self.put_text(&field, text, Source::Environment(name))?;
            }
        }
        Ok(self)
    }

    /// Puts a flag's value for one field (`section.name`) on top.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the field is within something that is no section.
    pub fn flag(mut self, flag: &str, field: &str, text: impl Into<String>) -> Result<Self, Error> {
        self.put_text(field, text.into(), Source::Flag(flag.to_owned()))?;
        Ok(self)
    }

    /// Puts flags of the form `--set SECTION.FIELD=VALUE` on top.
    ///
    /// # Errors
    /// [`Error::Assignment`] when one has another form.
    pub fn assignments(mut self, assignments: &[String]) -> Result<Self, Error> {
        for assignment in assignments {
            let (field, text) = split_assignment(assignment)?;
            self = self.flag(&format!("--set {field}"), field, text)?;
        }
        Ok(self)
    }

    /// Reads the whole as `T`.
    ///
    /// # Errors
    /// [`Error::Unknown`] and [`Error::Invalid`], each for the first field that is wrong.
    pub fn load<T: DeserializeOwned + Serialize + Default>(self) -> Result<Loaded<T>, Error> {
        Loaded::read(self)
    }

    fn put_text(&mut self, field: &str, text: String, source: Source) -> Result<(), Error> {
        let value = value_of(&text);
        self.put(field, value, Origin { source, text: Some(text) })
    }

    pub(super) fn put(&mut self, field: &str, value: Value, origin: Origin) -> Result<(), Error> {
        let mut parts: Vec<&str> = field.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let Some(table) = section_at(&mut self.values, &parts) else {
            let message = "a value stands where a section is needed; allowed is one of them".to_owned();
            return Err(Error::Invalid { field: field.to_owned(), origin: origin.source, message });
        };
        table.insert(last.to_owned(), value);
        self.origins.insert(field.to_owned(), origin);
        Ok(())
    }
}

/// The table at `path`, made where it is missing; `None` when something else stands in the way.
fn section_at<'a>(table: &'a mut Table, path: &[&str]) -> Option<&'a mut Table> {
    path.iter().try_fold(table, |table, part| {
        let entry = table.entry(*part).or_insert_with(|| Value::Table(Table::new()));
        entry.as_table_mut()
    })
}

/// A table's values by their dotted names; arrays are values, and so are maps whose keys hold dots themselves, such as
/// labels and host names.
pub(super) fn leaves(table: Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() && inner.keys().all(|key| !key.contains('.')) => {
                found
                    .extend(leaves(inner).into_iter().map(|(rest, value)| (format!("{name}.{rest}"), value)));
            }
            other => found.push((name, other)),
        }
    }
    found
}

fn split_assignment(assignment: &str) -> Result<(&str, &str), Error> {
    let name = assignment.split('=').next().unwrap_or_default();
    let split = assignment.split_once('=').filter(|(field, _)| field.contains('.'));
    // Only the part before `=` is repeated: the value may be a secret.
    split.ok_or_else(|| Error::Assignment { flag: format!("--set {name}") })
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    Error::Syntax { path: path.to_owned(), line, message: error.message().to_owned() }
}
