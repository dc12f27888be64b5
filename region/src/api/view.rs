//! What the API answers, as far as people are shown it. Tolerant: a newer region may say more, and new words.

use std::collections::BTreeMap;

use domain::quota::Quota;
use domain::resources::Resources;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::language::Language;

/// A sandbox.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Sandbox {
    /// The region's id.
    pub id: String,
    /// The caller's name for it.
    pub r#ref: String,
    /// Name and version.
    pub template: String,
    /// The school.
    pub tenant: String,
    /// Who it is for.
    pub owner: String,
    /// Its class.
    pub class_id: Option<String>,
    /// The caller's labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `running`, `stopped` or `deleted`.
    pub wanted: String,
    /// Where it is; a text, because a newer region may have new ones.
    pub phase: String,
    /// Raised by each command.
    pub generation: u64,
    /// What has been reached.
    pub observed_generation: u64,
    /// Why it waits, failed or was stopped.
    pub cause: Option<Cause>,
    /// Its place while it is queued.
    pub queue: Option<Queue>,
    /// The ways in.
    #[serde(default)]
    pub apps: Vec<App>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last became ready.
    pub ready_at: Option<Timestamp>,
    /// When this run ends.
    pub expires_at: Option<Timestamp>,
    /// Beyond this it can't be extended.
    #[serde(default)]
    pub max_expires_at: Option<Timestamp>,
    /// When it will be stopped for idleness, once that is near.
    pub idle_stop_at: Option<Timestamp>,
    /// Its end is minutes away.
    #[serde(default)]
    pub expires_soon: bool,
}

/// A cause with its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Stable name.
    pub slug: String,
    /// The phase in which it arose.
    pub stage: String,
    /// Who must act.
    pub who: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// Seconds until the next try.
    pub retry_after_s: Option<u64>,
    /// What happened.
    pub text: Bilingual,
    /// What to do.
    pub next: Bilingual,
    /// Particulars.
    pub detail: Option<String>,
    /// The machine's last lines of output.
    pub last_lines: Vec<String>,
}

/// A sentence in both languages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The sentence in one language.
    #[must_use]
    pub fn pick(&self, language: Language) -> &str {
        language.pick(&self.zh, &self.en)
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Queue {
    /// From 1.
    pub place: u64,
    /// Seconds until its turn, as a range.
    pub estimate_s: Option<(u64, u64)>,
}

/// One way in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its name.
    pub name: String,
    /// `http`, `terminal`, `desktop` or `tcp`.
    pub kind: String,
    /// Its stable address.
    pub url: Option<String>,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Event {
    /// Where it stands in the log.
    pub position: String,
    /// Such as `sandbox.changed`.
    pub r#type: String,
    /// When.
    pub at: Timestamp,
    /// Names of the fields that changed.
    #[serde(default)]
    pub changed: Vec<String>,
    /// The sandbox as it was then.
    pub sandbox: Option<Sandbox>,
    /// What a template's or the region's event is about.
    pub subject: Option<Value>,
}

/// A published version of a template.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// When it was first published.
    pub published_at: Timestamp,
    /// As it was sent.
    pub template: Value,
}

impl Template {
    /// The names of the apps of all its machines, or of one.
    #[must_use]
    pub fn apps(&self) -> Vec<String> {
        let apps = self.machines().iter().filter_map(|machine| machine["apps"].as_array()).flatten();
        apps.filter_map(|app| app["name"].as_str().map(str::to_owned)).collect()
    }

    /// The name of its first machine.
    #[must_use]
    pub fn first_machine(&self) -> Option<&str> {
        self.machines().first()?["name"].as_str()
    }

    /// The sum over its machines.
    #[must_use]
    pub fn resources(&self) -> Resources {
        self.machines().iter().filter_map(|machine| Resources::deserialize(&machine["resources"]).ok()).sum()
    }

    fn machines(&self) -> &[Value] {
        self.template["machines"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// A tenant with its limits and what it uses.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its limits.
    pub quota: Quota,
    /// What it uses.
    pub usage: Usage,
}

/// What a tenant uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Sandboxes that are not stopped.
    pub sandboxes: u64,
    /// Their resources.
    pub resources: Resources,
    /// Homes kept, in MiB.
    pub homes_mib: u64,
}

/// The right to enter one app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Access {
    /// Opens it once, within a minute.
    pub url: String,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    /// The items.
    pub items: Vec<Value>,
    /// The cursor of the next page.
    #[serde(default)]
    pub next: Option<String>,
}
