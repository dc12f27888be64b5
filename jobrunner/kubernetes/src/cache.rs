//! A copy of the cluster's objects of one kind, kept right whatever the order in which news of them arrives: pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;

/// Objects by uid.
#[derive(Debug)]
pub(crate) struct Cache<K> {
    objects: BTreeMap<String, Held<K>>,
    /// What is gone, with the version at which it was last seen: an answer that was on its way must not bring it back.
    gone: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Held<K> {
    object: Arc<K>,
    version: u64,
}

/// What a list of names says that the copy does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Names of objects that are missing here.
    pub(crate) missing: Vec<String>,
    /// Objects of which newer versions exist.
    pub(crate) behind: usize,
    /// Objects that were held and are gone.
    pub(crate) vanished: usize,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), gone: BTreeMap::new() }
    }
}

impl<K: Resource> Cache<K> {
    /// Takes in a version of an object, unless a later one is known. Whether anything changed.
    pub(crate) fn put(&mut self, object: K) -> bool {
        let Some(uid) = object.meta().uid.clone() else { return false };
        let version = version_of(object.meta());
        let is_old =
            version != u64::MAX && self.objects.get(&uid).is_some_and(|held| held.version >= version);
        if is_old || self.gone.contains_key(&uid) {
            return false;
        }
        self.objects.insert(uid, Held { object: Arc::new(object), version });
        true
    }

    /// Notes that an object is gone; a uid is never used again.
    pub(crate) fn remove(&mut self, meta: &ObjectMeta) {
        if let Some(uid) = &meta.uid {
            self.objects.remove(uid);
            self.gone.insert(uid.clone(), version_of(meta));
        }
    }

    /// Takes in a complete list of the moment `version`.
    pub(crate) fn fill(&mut self, objects: Vec<K>, version: u64) {
        let listed: Vec<_> = objects.iter().map(|object| object.meta().clone()).collect();
        self.forget_unlisted(&listed, version);
        for object in objects {
            self.put(object);
        }
    }

    /// Compares with a complete list of the moment `version`; what is not in it is gone.
    pub(crate) fn compare(&mut self, listed: &[ObjectMeta], version: u64) -> Differences {
        let vanished = self.forget_unlisted(listed, version);
        let mut differences = Differences { vanished, ..Differences::default() };
        for meta in listed {
            let Some(uid) = &meta.uid else { continue };
            match self.objects.get(uid) {
                Some(held) => differences.behind += usize::from(held.version < version_of(meta)),
                None if self.gone.contains_key(uid) => (),
                None => differences.missing.extend(meta.name.clone()),
            }
        }
        differences
    }

    /// Removes what a list does not name, but for what is newer than the list.
    fn forget_unlisted(&mut self, listed: &[ObjectMeta], version: u64) -> usize {
        let is_listed: std::collections::BTreeSet<_> =
            listed.iter().filter_map(|meta| meta.uid.as_deref()).collect();
        self.gone.retain(|uid, at| *at > version || is_listed.contains(uid.as_str()));
        let before = self.objects.len();
        self.objects.retain(|uid, held| held.version > version || is_listed.contains(uid.as_str()));
        before - self.objects.len()
    }

    /// The object with this uid.
    pub(crate) fn get(&self, uid: &str) -> Option<Arc<K>> {
        self.objects.get(uid).map(|held| held.object.clone())
    }

    /// Every object.
    pub(crate) fn all(&self) -> Vec<Arc<K>> {
        self.objects.values().map(|held| held.object.clone()).collect()
    }
}

/// An object's version as a number: they grow with time within one kind.
fn version_of(meta: &ObjectMeta) -> u64 {
    number(meta.resource_version.as_deref())
}

/// A version's number; one that cannot be read counts as later than all.
pub(crate) fn number(version: Option<&str>) -> u64 {
    version.and_then(|version| version.parse().ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;

    use super::*;

    fn meta(uid: &str, version: u64) -> ObjectMeta {
        ObjectMeta {
            name: Some(format!("pod-{uid}")),
            uid: Some(uid.to_owned()),
            resource_version: Some(version.to_string()),
            ..ObjectMeta::default()
        }
    }

    fn pod(uid: &str, version: u64) -> Pod {
        Pod { metadata: meta(uid, version), ..Pod::default() }
    }

    fn held(cache: &Cache<Pod>) -> Vec<String> {
        cache.all().iter().filter_map(|pod| pod.metadata.uid.clone()).collect()
    }

    #[test]
    fn old_news_changes_nothing() {
        let mut cache = Cache::default();
        assert!(cache.put(pod("a", 5)));
        assert!(!cache.put(pod("a", 4)));
        assert!(cache.put(pod("a", 6)));
        cache.remove(&meta("a", 7));
        assert!(!cache.put(pod("a", 6)), "an answer that was on its way");
        assert_eq!(held(&cache), Vec::<String>::new());
    }

    #[test]
    fn a_list_ends_what_it_does_not_name_but_not_what_is_newer() {
        let mut cache = Cache::default();
        cache.put(pod("old", 5));
        cache.put(pod("made-meanwhile", 12));
        cache.fill(vec![pod("listed", 9)], 10);
        assert_eq!(held(&cache), ["listed", "made-meanwhile"]);
        cache.remove(&meta("listed", 11));
        cache.fill(vec![pod("listed", 9)], 10);
        assert_eq!(held(&cache), ["made-meanwhile"], "it was removed after the list");
    }

    #[test]
    fn a_list_of_names_tells_what_the_copy_missed() {
        let mut cache = Cache::default();
        cache.put(pod("same", 5));
        cache.put(pod("stale", 5));
        cache.put(pod("gone", 5));
        let differences = cache.compare(&[meta("same", 5), meta("stale", 8), meta("new", 9)], 10);
        let expected = Differences { missing: vec!["pod-new".to_owned()], behind: 1, vanished: 1 };
        assert_eq!(differences, expected);
        assert_eq!(held(&cache), ["same", "stale"]);
    }
}
