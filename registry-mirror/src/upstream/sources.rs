//! Which upstreams a name leads to.

use std::collections::HashMap;
use std::sync::Arc;

use crate::clock::SharedClock;
use crate::name::{ImageName, Registry};
use crate::source::Source;

use super::HttpSource;
use super::budget::{Budget, Meter};
use super::config::{Error, Mistake, UpstreamConfig};
use super::rules::Rules;

/// The allow-list of registries, and the upstreams for each in the order to try.
#[derive(Debug, Default)]
pub struct Sources {
    routes: HashMap<Registry, Vec<Route>>,
    meters: Vec<(String, Arc<Meter>)>,
}

#[derive(Clone, Debug)]
struct Route {
    rules: Rules,
    source: Arc<dyn Source>,
}

impl Sources {
    /// The upstreams of a configuration. Nothing is asked yet.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn new(configs: &[UpstreamConfig], clock: &SharedClock) -> Result<Self, Error> {
        let mut sources = Self::default();
        for (index, config) in configs.iter().enumerate() {
            sources.add(config, &configs[..index], clock).map_err(|mistake| mistake.at(index))?;
        }
        Ok(sources)
    }

    /// Sources of another kind, for tests: each registry's in the order to try.
    #[must_use]
    pub fn fixed(routes: impl IntoIterator<Item = (Registry, Arc<dyn Source>)>) -> Self {
        let mut sources = Self::default();
        for (registry, source) in routes {
            sources.routes.entry(registry).or_default().push(Route { rules: Rules::default(), source });
        }
        sources
    }

    fn add(
        &mut self,
        config: &UpstreamConfig,
        before: &[UpstreamConfig],
        clock: &SharedClock,
    ) -> Result<(), Mistake> {
        let checked = config.check()?;
        if before.iter().any(|other| other.name == config.name) {
            return Err(Mistake::new("name", format!("{:?} is taken by another upstream", config.name)));
        }
        let shares = |other: &&UpstreamConfig| {
            other.url == config.url && other.credentials_file == config.credentials_file
        };
        let meter = match before.iter().position(|other| shares(&other)) {
            Some(same) => Arc::clone(&self.meters[same].1),
            None => Arc::new(Meter::new(config.budget_reserve)),
        };
        self.meters.push((config.name.clone(), Arc::clone(&meter)));
        let source = Arc::new(HttpSource::new(config, &checked.url, meter, Arc::clone(clock))?);
        for registry in checked.registries {
            let route =
                Route { rules: checked.rules.clone(), source: Arc::clone(&source) as Arc<dyn Source> };
            self.routes.entry(registry).or_default().push(route);
        }
        Ok(())
    }

    /// The upstreams to ask for an image, in order. Nothing when its registry is not in the allow-list, an
    /// empty list when no upstream may be asked for its repository.
    #[must_use]
    pub fn of(&self, image: &ImageName) -> Option<Vec<Arc<dyn Source>>> {
        let routes = self.routes.get(&image.registry)?;
        let allowed = routes.iter().filter(|route| route.rules.allow(&image.repository));
        Some(allowed.map(|route| Arc::clone(&route.source)).collect())
    }

    /// Whether a registry is in the allow-list.
    #[must_use]
    pub fn knows(&self, registry: &Registry) -> bool {
        self.routes.contains_key(registry)
    }

    /// The registries of the allow-list, sorted.
    #[must_use]
    pub fn registries(&self) -> Vec<Registry> {
        let mut registries: Vec<Registry> = self.routes.keys().cloned().collect();
        registries.sort();
        registries
    }

    /// What is known of the upstreams' rate budgets, by their names; those that announce none are left out.
    #[must_use]
    pub fn budgets(&self) -> Vec<(String, Budget)> {
        let known = self.meters.iter().filter_map(|(name, meter)| Some((name.clone(), meter.budget()?)));
        known.collect()
    }
}
