//! A configuration that was read, and where its values came from.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::layers::{Layers, Origin};
use super::print::print;
use super::{Error, Source};

/// A configuration that was read, and where its values came from.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The configuration.
    pub value: T,
    origins: BTreeMap<String, Origin>,
}

impl<T: DeserializeOwned + Serialize + Default> Loaded<T> {
    pub(super) fn read(mut layers: Layers) -> Result<Self, Error> {
        for section in layers.foreign_sections {
            layers.values.remove(*section);
        }
        loop {
            let mistake = match read_strictly::<T>(&layers.values) {
                Ok(value) => return Ok(Self { value, origins: layers.origins }),
                Err(mistake) => mistake,
            };
            if !try_as_text(&mut layers, &mistake) {
                return Err(mistake.explain::<T>(&layers.origins));
            }
        }
    }
}

impl<T: Serialize> Loaded<T> {
    /// The effective configuration as TOML, one field a line with its source; secrets show as `***`.
    ///
    /// # Errors
    /// [`Error::Print`] when a value has no form in TOML.
    pub fn print(&self) -> Result<String, Error> {
        print(&self.value, |field| self.source(field))
    }
}

impl<T> Loaded<T> {
    /// Where a field's value came from.
    #[must_use]
    pub fn source(&self, field: &str) -> Source {
        source_of(&self.origins, field)
    }

    /// An error about a field whose value is well-formed but not acceptable. `message` says what is allowed.
    pub fn refuse(&self, field: &str, message: impl Into<String>) -> Error {
        Error::Invalid { field: field.to_owned(), origin: self.source(field), message: message.into() }
    }
}

/// What serde did not like, and where.
enum Mistake {
    /// `expected`: what serde says is allowed, if it does.
    Unknown {
        field: String,
        expected: Option<String>,
    },
    Invalid {
        field: String,
        message: String,
    },
}

impl Mistake {
    fn field(&self) -> &str {
        match self {
            Self::Unknown { field, .. } | Self::Invalid { field, .. } => field,
        }
    }

    fn explain<T: Serialize + Default>(self, origins: &BTreeMap<String, Origin>) -> Error {
        let origin = source_of(origins, self.field());
        match self {
            Self::Unknown { field, expected } => {
                let allowed = expected.unwrap_or_else(|| fields_beside::<T>(&field));
                Error::Unknown { field, origin, allowed }
            }
            Self::Invalid { field, message } => Error::Invalid { field, origin, message },
        }
    }
}

/// Reads `values`, refusing fields that `T` does not have even where its structs don't say so themselves.
fn read_strictly<T: DeserializeOwned>(values: &Table) -> Result<T, Mistake> {
    let mut ignored = None;
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(values.clone(), &mut track);
    let mut on_ignored = |path: serde_ignored::Path<'_>| {
        ignored.get_or_insert_with(|| path.to_string());
    };
    let result = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut on_ignored));
    match (result, ignored) {
        (Ok(_), Some(field)) => Err(Mistake::Unknown { field, expected: None }),
        (Ok(value), None) => Ok(value),
        (Err(error), _) => Err(mistake(track.path().to_string(), error.message())),
    }
}

/// serde tells an unknown field of a strict struct only in words: "unknown field `x`, expected one of `a`, `b`".
fn mistake(place: String, message: &str) -> Mistake {
    let Some((name, rest)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'))
    else {
        return Mistake::Invalid { field: place, message: message.to_owned() };
    };
    let expected = rest.trim_start_matches(", expected ").trim_start_matches("one of ").replace('`', "");
    let field = match place.as_str() {
        "." => name.to_owned(),
        place if place.rsplit('.').next() == Some(name) => place.to_owned(),
        place => format!("{place}.{name}"),
    };
    Mistake::Unknown { field, expected: Some(expected) }
}

/// `QINGJIAO_CONSOLE__TITLE=2026` reads as a number; where the field does not take it, the text is meant.
fn try_as_text(layers: &mut Layers, mistake: &Mistake) -> bool {
    let Mistake::Invalid { field, .. } = mistake else { return false };
    let Some(origin) = layers.origins.get_mut(field) else { return false };
    let Some(text) = origin.text.take() else { return false };
    let origin = origin.clone();
    layers.put(field, Value::String(text), origin).is_ok()
}

fn source_of(origins: &BTreeMap<String, Origin>, field: &str) -> Source {
    let within = |name: &str| name.strip_prefix(field).is_some_and(|rest| rest.starts_with(['.', '[']));
    let found = origins.iter().find(|(name, _)| *name == field || within(name));
    let around = || origins.iter().rfind(|(name, _)| field.starts_with(&format!("{name}[")));
    found.or_else(around).map_or(Source::Default, |(_, origin)| origin.source.clone())
}

/// The fields that exist beside `field`, as far as the default configuration shows them.
fn fields_beside<T: Serialize + Default>(field: &str) -> String {
    let place = field.rsplit_once('.').map_or("", |(place, _)| place);
    let whole = Value::try_from(T::default()).ok();
    let parts = place.split('.').filter(|part| !part.is_empty());
    let section = parts.fold(whole, |value, part| value?.get(part).cloned());
    let names =
        section.as_ref().and_then(Value::as_table).map(|table| table.keys().cloned().collect::<Vec<_>>());
    names.unwrap_or_default().join(", ")
}
