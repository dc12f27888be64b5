//! The providers of this region, by the kind of machine they run.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::SandboxId;
use domain::provider::{Capacity, Inventory, Provider, Resource};
use domain::template::Template;
use futures_util::future::join_all;

/// Providers by kind: `container`, `vm`, `process`.
#[derive(Clone, Debug)]
pub struct Providers(BTreeMap<&'static str, Arc<dyn Provider>>);

/// One look at every provider.
#[derive(Debug)]
pub(crate) struct Listed(BTreeMap<&'static str, Result<Inventory, domain::provider::Error>>);

impl Providers {
    /// One provider for each kind; a later one of the same kind replaces an earlier.
    #[must_use]
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Self {
        Self(providers.into_iter().map(|provider| (provider.runs(), provider)).collect())
    }

    /// The provider that runs machines of this kind.
    #[must_use]
    pub fn of(&self, runs: &str) -> Option<&Arc<dyn Provider>> {
        self.0.get(runs)
    }

    /// Every provider.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.values()
    }

    /// A fresh list of each; one that fails doesn't hide the others.
    pub(crate) async fn list(&self) -> Listed {
        let each = self.0.iter().map(|(runs, provider)| async move { (*runs, provider.list().await) });
        Listed(join_all(each).await.into_iter().collect())
    }

    /// The capacity of each kind; one that does not answer is left out.
    pub(crate) async fn capacity(&self) -> BTreeMap<&'static str, Capacity> {
        let each = self
            .0
            .iter()
            .map(|(runs, provider)| async move { Some((*runs, provider.capacity().await.ok()?)) });
        join_all(each).await.into_iter().flatten().collect()
    }

    /// Waits until any provider may have changed.
    pub(crate) async fn changed(&self) {
        let each: Vec<_> = self.0.values().map(|provider| provider.changed()).collect();
        if each.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(each).await;
    }
}

impl Listed {
    /// All resources, of the lists that arrived.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&'static str, &Resource)> {
        let lists = self.0.iter().filter_map(|(runs, list)| list.as_ref().ok().map(|list| (*runs, list)));
        lists.flat_map(|(runs, list)| list.resources.iter().map(move |resource| (runs, resource)))
    }

    /// The lists that did not arrive.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static str, &domain::provider::Error)> {
        self.0.iter().filter_map(|(runs, list)| list.as_ref().err().map(|error| (*runs, error)))
    }

    /// The resources by sandbox, so that each is looked at once.
    pub(crate) fn by_sandbox(&self) -> BTreeMap<&SandboxId, Vec<&Resource>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, resource) in self.resources() {
            found.entry(&resource.tags.sandbox).or_default().push(resource);
        }
        found
    }

    /// The moment that all lists which this template needs are complete for; none when one is missing.
    pub(crate) fn as_of(&self, template: &Template) -> Option<domain::time::Timestamp> {
        let kinds = template.machines.iter().map(|machine| machine.runs.kind());
        kinds
            .map(|kind| self.0.get(kind)?.as_ref().ok().map(|list| list.as_of))
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .min()
    }
}
