//! The sample templates that `region up` publishes: something to begin with, and three that misbehave on purpose, so
//! that an integrator sees how queueing, failing and slow starts look.

use std::path::Path;

use domain::resources::Resources;
use serde_json::Value;

/// What stands for the web app's program in its template: a program of many lines is no readable JSON.
const WEB_APP_PLACE: &str = "@web-app.py";
const WEB_APP: &str = include_str!("../templates/web-app.py");

/// The one whose size depends on the computer.
const QUEUES: &str = "queues-on-purpose";
/// The share of the region's CPU that one of them asks for: a second doesn't fit beside it, and something small does.
const QUEUES_CPU_PERCENT: u64 = 60;
/// The smallest amount of CPU that a template may ask for.
const CPU_MILLIS_MIN: u64 = 10;

/// The one that is there only when its program is.
const NOTEBOOK: &str = "notebook";
/// What it runs; no token, because nobody but the proxy and the agent gets to it.
const NOTEBOOK_PROGRAM: &str = "/usr/bin/jupyter-notebook";
/// How to get it.
const NOTEBOOK_REMEDY: &str =
    "for the sample template notebook, install the package jupyter-notebook and start again";

const SAMPLES: [(&str, &str); 6] = [
    ("linux-shell", include_str!("../templates/linux-shell.json")),
    ("web-app", include_str!("../templates/web-app.json")),
    (NOTEBOOK, include_str!("../templates/notebook.json")),
    (QUEUES, include_str!("../templates/queues-on-purpose.json")),
    ("fails-on-purpose", include_str!("../templates/fails-on-purpose.json")),
    ("slow-on-purpose", include_str!("../templates/slow-on-purpose.json")),
];

/// A sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The template's name.
    pub name: &'static str,
    /// The template.
    pub template: Value,
}

/// What to do for the samples whose programs this computer lacks; none when it has them all.
#[must_use]
pub fn missing() -> Option<&'static str> {
    (!Path::new(NOTEBOOK_PROGRAM).exists()).then_some(NOTEBOOK_REMEDY)
}

/// The samples that this computer has the programs of, for a region with this much room.
///
/// # Errors
/// As [`samples`].
pub fn startable(room: Resources) -> Result<Vec<Sample>, serde_json::Error> {
    let mut samples = samples(room)?;
    samples.retain(|sample| sample.name != NOTEBOOK || missing().is_none());
    Ok(samples)
}

/// Every sample, for a region with this much room.
///
/// # Errors
/// None in a tested build: the files are part of it.
pub fn samples(room: Resources) -> Result<Vec<Sample>, serde_json::Error> {
    let read = |(name, text): (&'static str, &str)| {
        let mut template = serde_json::from_str(text)?;
        complete(&mut template, WEB_APP_PLACE, WEB_APP);
        if name == QUEUES {
            let cpu = (room.cpu_millis * QUEUES_CPU_PERCENT / 100).max(CPU_MILLIS_MIN);
            template["machines"][0]["resources"]["cpu_millis"] = cpu.into();
        }
        Ok(Sample { name, template })
    };
    SAMPLES.into_iter().map(read).collect()
}

/// Puts `text` wherever a string is `place`.
fn complete(value: &mut Value, place: &str, text: &str) {
    match value {
        Value::String(found) if found == place => text.clone_into(found),
        Value::Array(items) => items.iter_mut().for_each(|item| complete(item, place, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| complete(field, place, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use domain::template::{Runs, Template};

    use super::*;

    fn room() -> Resources {
        Resources { cpu_millis: 2000, memory_mib: 4096, ..Resources::default() }
    }

    fn parsed(name: &str) -> Template {
        let found = samples(room()).unwrap().into_iter().find(|sample| sample.name == name).unwrap();
        Template::parse(&found.template).unwrap()
    }

    #[test]
    fn every_sample_is_a_valid_template_of_a_valid_name() {
        for sample in samples(room()).unwrap() {
            assert!(sample.name.parse::<domain::id::TemplateName>().is_ok());
            Template::parse(&sample.template).unwrap();
        }
    }

    #[test]
    fn the_program_of_the_web_app_is_in_its_template() {
        let Runs::Process(process) = parsed("web-app").machines[0].runs.clone() else { panic!("no process") };
        assert_eq!(process.command.last().unwrap(), WEB_APP);
    }

    #[test]
    fn two_that_queue_do_not_fit_and_one_does() {
        let one = parsed("queues-on-purpose").resources();
        assert!(one.fits(room()));
        assert!(!one.plus(one).fits(room()));
    }
}
