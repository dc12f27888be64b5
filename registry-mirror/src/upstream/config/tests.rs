use std::sync::Arc;

use super::*;
use crate::clock::{ManualClock, SharedClock};
use crate::name::{ImageName, Registry};
use crate::upstream::Sources;

fn good(name: &str) -> UpstreamConfig {
    UpstreamConfig {
        name: name.to_owned(),
        registries: vec!["docker.io".to_owned()],
        url: "https://mirror.example/registry/".to_owned(),
        ..UpstreamConfig::default()
    }
}

fn sources(configs: &[UpstreamConfig]) -> Result<Sources, Error> {
    let clock: SharedClock = Arc::new(ManualClock::default());
    Sources::new(configs, &clock)
}

fn names(sources: &Sources, image: &str) -> Option<Vec<String>> {
    let (registry, repository) = image.split_once('/').unwrap();
    let image = ImageName::new(registry.parse().unwrap(), repository.parse().unwrap());
    Some(sources.of(&image)?.iter().map(|source| source.name().to_owned()).collect())
}

#[test]
fn the_default_is_the_public_registries() {
    let sources = sources(&default_upstreams()).unwrap();
    for registry in ["docker.io", "registry-1.docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io"] {
        assert!(sources.knows(&registry.parse::<Registry>().unwrap()), "{registry}");
    }
    assert_eq!(names(&sources, "docker.io/debian").unwrap(), ["docker.io"]);
    assert_eq!(names(&sources, "evil.example/debian"), None);
    assert_eq!(sources.registries().len(), 6);
    assert!(sources.budgets().is_empty());
}

#[test]
fn upstreams_are_tried_in_the_order_of_the_list_where_rules_allow() {
    let near = UpstreamConfig { repositories: vec!["library/*".to_owned()], ..good("near") };
    let far = UpstreamConfig { repositories: vec!["!secret/*".to_owned()], ..good("far") };
    let sources = sources(&[near, far]).unwrap();
    assert_eq!(names(&sources, "docker.io/debian").unwrap(), ["near", "far"]);
    assert_eq!(names(&sources, "docker.io/a/b").unwrap(), ["far"]);
    assert!(names(&sources, "docker.io/secret/b").unwrap().is_empty());
}

#[test]
fn several_names_of_one_registry_are_one() {
    let hub = vec!["docker.io".to_owned(), "index.docker.io".to_owned()];
    let sources = sources(&[UpstreamConfig { registries: hub, ..good("hub") }]).unwrap();
    assert_eq!(names(&sources, "docker.io/debian").unwrap(), ["hub"]);
}

#[test]
fn each_mistake_names_its_field() {
    type Change = fn(&mut UpstreamConfig);
    let file = || Some(runtime::SecretFile::new("missing"));
    let cases: [(&str, Change); 14] = [
        ("name", |config| config.name = "a b".to_owned()),
        ("registries", |config| config.registries = Vec::new()),
        ("registries", |config| config.registries = vec!["a/b".to_owned()]),
        ("url", |config| config.url = "mirror.example".to_owned()),
        ("url", |config| config.url = "http://mirror.example".to_owned()),
        ("url", |config| config.url = "https://u:p@mirror.example".to_owned()),
        ("url", |config| config.url = "https://mirror.example/?x".to_owned()),
        ("repository_prefix", |config| config.repository_prefix = "/a".to_owned()),
        ("repositories", |config| config.repositories = vec!["A".to_owned()]),
        ("token_hosts", |config| config.token_hosts = vec!["https://a".to_owned()]),
        ("connections_max", |config| config.connections_max = 0),
        ("idle_timeout_ms", |config| config.idle_timeout_ms = 0),
        ("proxy_url", |config| config.proxy_url = Some("http://u:p@proxy".to_owned())),
        ("ca_file", |config| config.ca_file = Some("/missing".into())),
    ];
    for (field, change) in cases {
        let mut bad = good("second");
        change(&mut bad);
        let error = sources(&[good("first"), bad]).unwrap_err();
        assert_eq!(error.field, format!("[1].{field}"), "{error}");
        assert!(!error.to_string().contains("u:p"), "{error}");
    }
    let twice = sources(&[good("same"), good("same")]).unwrap_err();
    assert_eq!(twice.field, "[1].name");
    let lonely = UpstreamConfig { proxy_credentials_file: file(), ..good("lonely") };
    assert_eq!(sources(&[lonely]).unwrap_err().field, "[0].proxy_credentials_file");
}
