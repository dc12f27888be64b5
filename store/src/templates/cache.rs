//! Versions that were read before. They never change, so nothing is ever outdated here.

use std::collections::HashMap;

use domain::id::{TemplateName, TemplateVersion};
use parking_lot::RwLock;

use super::StoredTemplate;

/// Beyond this many versions the cache starts anew.
const VERSIONS_MAX: usize = 1024;

/// Versions by name and version.
#[derive(Debug, Default)]
pub(crate) struct Cache(RwLock<HashMap<(TemplateName, TemplateVersion), StoredTemplate>>);

impl Cache {
    pub(crate) fn get(&self, name: &TemplateName, version: &TemplateVersion) -> Option<StoredTemplate> {
        self.0.read().get(&(name.clone(), version.clone())).cloned()
    }

    pub(crate) fn put(&self, template: &StoredTemplate) {
        let mut known = self.0.write();
        if known.len() >= VERSIONS_MAX {
            known.clear();
        }
        known.insert((template.name.clone(), template.version.clone()), template.clone());
    }
}
