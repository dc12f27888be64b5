use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser as _;
use serde::{Deserialize, Serialize};

use super::{ConfigArgs, Error, Layers, Loaded, Source};
use crate::Secret;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Config {
    api: Api,
    store: Store,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Api {
    listen: SocketAddr,
    title: String,
    page_limit: u16,
    origins: Vec<String>,
    public_url: Option<String>,
}

impl Default for Api {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { listen, title: "region".into(), page_limit: 100, origins: vec![], public_url: None }
    }
}

/// Not strict by itself: the loader is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Store {
    url: Secret<String>,
    kind: Kind,
    timeout_s: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Sqlite,
    Postgres,
}

#[derive(Debug, clap::Parser)]
struct Program {
    #[command(flatten)]
    config: ConfigArgs,
}

fn file(text: &str) -> Layers {
    try_file(text).unwrap()
}

fn try_file(text: &str) -> Result<Layers, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("region.toml");
    std::fs::write(&path, text).unwrap();
    Layers::new().file(&path)
}

fn environment(layers: Layers, name: &str, value: &str) -> Layers {
    layers.environment([(name.to_owned(), value.to_owned())]).unwrap()
}

fn refused(layers: Layers) -> String {
    layers.load::<Config>().unwrap_err().to_string()
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in {text:?}");
    }
}

#[test]
fn nothing_set_is_the_default() {
    assert_eq!(Layers::new().load::<Config>().unwrap().value, Config::default());
}

#[test]
fn flags_win_over_environment_over_file() {
    let layers = file("[api]\ntitle = 'file'\npage_limit = 1\nlisten = '127.0.0.1:1'\n");
    let layers = environment(layers, "QINGJIAO_API__TITLE", "environment");
    let layers = environment(layers, "QINGJIAO_API__PAGE_LIMIT", "2");
    let loaded: Loaded<Config> = layers.flag("--page-limit", "api.page_limit", "3").unwrap().load().unwrap();
    let api = &loaded.value.api;
    assert_eq!((api.listen.port(), api.title.as_str(), api.page_limit), (1, "environment", 3));
    assert!(matches!(loaded.source("api.listen"), Source::File(_)));
    assert_eq!(loaded.source("api.title"), Source::Environment("QINGJIAO_API__TITLE".into()));
    assert_eq!(loaded.source("api.page_limit"), Source::Flag("--page-limit".into()));
    assert_eq!(loaded.source("api.origins"), Source::Default);
}

#[test]
fn texts_become_what_the_field_takes() {
    let layers = environment(Layers::new(), "QINGJIAO_API__TITLE", "2026");
    let layers = environment(layers, "QINGJIAO_STORE__URL", "true");
    let layers = environment(layers, "QINGJIAO_API__ORIGINS", "['https://a', 'https://b']");
    let layers = environment(layers, "QINGJIAO_API__PUBLIC_URL", "2026-01-01");
    let config = layers.load::<Config>().unwrap().value;
    assert_eq!(config.api.title, "2026");
    assert_eq!(config.store.url.expose(), "true");
    assert_eq!(config.api.origins, ["https://a", "https://b"]);
    assert_eq!(config.api.public_url.as_deref(), Some("2026-01-01"));
}

#[test]
fn an_unknown_field_is_refused_with_its_source_and_the_allowed_ones() {
    let error = refused(file("[api]\nlisten_at = 1\n"));
    assert_has(
        &error,
        &["`api.listen_at`", "(file ", "region.toml)", "listen, title, page_limit, origins, public_url"],
    );
    let error = refused(environment(Layers::new(), "QINGJIAO_STORE__URI", "x"));
    assert_has(&error, &["`store.uri`", "variable QINGJIAO_STORE__URI", "url"]);
    let error = refused(file("[apy]\nlisten = 1\n"));
    assert_has(&error, &["`apy`", "(file ", "api, store"]);
    let error = refused(file("debug = true\n"));
    assert_has(&error, &["`debug`", "(file ", "api, store"]);
}

#[test]
fn a_wrong_value_is_refused_with_its_source_and_what_is_allowed() {
    let error = refused(environment(Layers::new(), "QINGJIAO_API__PAGE_LIMIT", "many"));
    assert_has(&error, &["`api.page_limit`", "variable QINGJIAO_API__PAGE_LIMIT", "expected u16"]);
    let error = refused(Layers::new().flag("--set store.kind", "store.kind", "oracle").unwrap());
    assert_has(&error, &["`store.kind`", "flag --set store.kind", "`sqlite` or `postgres`"]);
    let error = refused(file("[api]\nlisten = 'here'\n"));
    assert_has(&error, &["`api.listen`", "(file ", "socket address"]);
    let error = refused(file("[api]\norigins = ['a', 5]\n"));
    assert_has(&error, &["`api.origins[1]`", "(file ", "expected a string"]);
    let error = refused(file("api = 5\n"));
    assert_has(&error, &["`api`", "(file "]);
}

#[test]
fn a_value_in_the_place_of_a_section_is_refused() {
    let error = file("api = 5\n").flag("--set api.title", "api.title", "x").unwrap_err().to_string();
    assert_has(&error, &["`api.title`", "flag --set api.title"]);
}

#[test]
fn a_broken_file_is_refused_with_its_line_but_not_its_text() {
    let error = try_file("[store]\n\nurl = 'hunter2\n").unwrap_err().to_string();
    assert_has(&error, &["region.toml, line 3: "]);
    assert!(!error.contains("hunter2"), "{error}");
    let error = Layers::new().file(&PathBuf::from("missing.toml")).unwrap_err().to_string();
    assert_has(&error, &["missing.toml", "No such file"]);
}

#[test]
fn variables_without_a_section_are_no_fields() {
    let layers = environment(Layers::new(), "QINGJIAO_CONFIG", "x");
    let layers = environment(layers, "HOME__API", "x");
    assert_eq!(layers.load::<Config>().unwrap().value, Config::default());
}

#[test]
fn the_sections_of_other_programs_may_stand_in_a_shared_file() {
    let layers = file("[proxy]\nlisten = 1\n[api]\ntitle = 'x'\n").foreign_sections(&["proxy", "jobrunner"]);
    assert_eq!(layers.load::<Config>().unwrap().value.api.title, "x");
}

#[test]
fn the_printed_configuration_has_sources_and_no_secrets_and_can_be_read() {
    let layers = file("[store]\nurl = 'postgres://u:hunter2@db/x'\n[api]\norigins = ['a']\n");
    let loaded: Loaded<Config> = environment(layers, "QINGJIAO_API__TITLE", "x").load().unwrap();
    let printed = loaded.print().unwrap();
    assert!(!printed.contains("hunter2"), "{printed}");
    assert_has(&printed, &["store.url = \"***\"  # file ", "api.page_limit = 100  # default\n"]);
    assert_has(&printed, &["api.title = \"x\"  # environment variable QINGJIAO_API__TITLE\n"]);
    assert_has(&printed, &["api.origins = [\"a\"]  # file "]);
    assert_eq!(file(&printed).load::<Config>().unwrap().value.api, loaded.value.api);
}

#[test]
fn a_program_refuses_a_value_in_the_same_words() {
    let loaded: Loaded<Config> = environment(Layers::new(), "QINGJIAO_API__PAGE_LIMIT", "0").load().unwrap();
    let error = loaded.refuse("api.page_limit", "must be 1 to 500").to_string();
    assert_has(&error, &["`api.page_limit`", "QINGJIAO_API__PAGE_LIMIT", "must be 1 to 500"]);
}

#[test]
fn flags_of_the_form_set_are_read_in_order() {
    let arguments =
        ["program", "--set", "api.title=a=b", "--set", "api.page_limit=7", "--set", "api.page_limit=8"];
    let program = Program::parse_from(arguments);
    let config =
        Layers::new().assignments(&program.config.assignments).unwrap().load::<Config>().unwrap().value;
    assert_eq!((config.api.title.as_str(), config.api.page_limit), ("a=b", 8));
}

#[test]
fn a_malformed_set_is_refused_without_its_value() {
    let error = Layers::new().assignments(&["password=hunter2".to_owned()]).unwrap_err().to_string();
    assert_has(&error, &["--set password", "SECTION.FIELD=VALUE"]);
    assert!(!error.contains("hunter2"), "{error}");
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nodes {
    selector: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Placed {
    nodes: Nodes,
}

#[test]
fn keys_of_a_map_may_hold_dots() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("region.toml");
    std::fs::write(&path, "[nodes]\nselector = { \"example.org/pool\" = \"students\", plain = \"yes\" }\n")
        .unwrap();
    let loaded = Layers::new().file(&path).unwrap().load::<Placed>().unwrap();
    let wanted =
        [("example.org/pool", "students"), ("plain", "yes")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(loaded.value.nodes.selector, wanted.into());
    assert!(
        loaded.print().unwrap().contains("\"example.org/pool\" = \"students\""),
        "{}",
        loaded.print().unwrap()
    );
}
