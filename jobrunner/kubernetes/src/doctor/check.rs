//! One thing that was looked at.

use crate::Config;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do when it is not; empty when nothing needs to be done.
    pub remedy: String,
}

impl Check {
    pub(super) fn good(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), remedy: String::new() }
    }

    pub(super) fn bad(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, ok: false, detail: detail.into(), remedy: remedy.into() }
    }
}

/// Something for trial could not be removed.
pub(super) fn leftovers(config: &Config, error: &str) -> Check {
    let remedy = format!(
        "remove it: kubectl --namespace {} delete pods,persistentvolumeclaims --selector {}",
        config.namespace,
        super::trial::MARK
    );
    Check::bad("cleaning up", error, remedy)
}
