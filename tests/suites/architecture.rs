//! The house against its plan: who imports whom, what its page names, and how large rooms may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = "docs/architecture.md";
const FILE_LINES_MAX: usize = 400;
const MAIN_LINES_MAX: usize = 40;
/// What is read by people, line by line.
const CODE: [&str; 7] = [".rs", ".ts", ".tsx", ".mjs", ".py", ".sh", ".css"];
/// A word on the page that ends so names a file, with a folder before it or not.
const FILES: [&str; 8] = [".rs", ".ts", ".tsx", ".mjs", ".md", ".json", ".toml", ".yaml"];
/// Crates of others, and who of ours may know them.
const ROOMS: [(&str, &[&str]); 4] = [
    ("sqlx", &["store"]),
    ("kube", &["kubernetes"]),
    ("k8s-openapi", &["kubernetes"]),
    ("axum", &["runtime", "api-server", "registry-mirror"]),
];
/// What speaks HTTP, of which decisions know nothing.
const SPEAKS_HTTP: [&str; 9] =
    ["axum", "http", "http-body", "http-body-util", "hyper", "hyper-util", "reqwest", "tower", "tower-http"];

fn root() -> PathBuf {
    // Read when it runs: build results are shared between clones, and must not look at another one.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&own).parent().unwrap().to_owned()
}

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Crate to the crates of ours that it imports, outside of tests.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<_> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let imports = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let shipped = dependencies.filter(|dependency| dependency["kind"].is_null());
        let names = shipped.map(|dependency| dependency["name"].as_str().unwrap());
        names.filter(|name| ours.contains(name)).map(str::to_owned).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), imports(package))).collect()
}

fn page() -> String {
    std::fs::read_to_string(root().join(PAGE)).unwrap()
}

/// The rows of the page's table.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = page();
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate | folder |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let imports = cells[2].split(", ").filter(|name| *name != "–").map(str::to_owned).collect();
            (cells[0].to_owned(), imports)
        })
        .collect()
}

#[test]
fn crates_import_what_the_table_allows() {
    let (edges, table) = (edges(), table());
    assert_eq!(edges.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>(), "crates and rows");
    for (name, imports) in edges {
        let unknown: Vec<_> = imports.difference(&table[&name]).collect();
        assert!(unknown.is_empty(), "{name} imports {unknown:?}, which {PAGE} doesn't allow");
    }
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let outside = dependency["name"].as_str().unwrap();
            assert!(may_know(name, outside), "{name} must not know {outside}");
        }
    }
}

fn may_know(name: &str, outside: &str) -> bool {
    let room = ROOMS.iter().find(|(stranger, _)| *stranger == outside);
    room.is_none_or(|(_, who)| who.contains(&name)) && !(name == "domain" && SPEAKS_HTTP.contains(&outside))
}

#[test]
fn what_the_page_names_is_there() {
    let page = page();
    let named: Vec<_> = page.split('`').skip(1).step_by(2).filter(|text| is_path(text)).collect();
    assert!(named.len() > 5, "{PAGE} names hardly any files: {named:?}");
    let missing: Vec<_> = named.into_iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{PAGE} names {missing:?}, which are not below the repository's folder");
    let folder = root().join(PAGE).with_file_name("");
    let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let dead: Vec<_> = links.filter(|link| !folder.join(link).exists()).collect();
    assert!(dead.is_empty(), "{PAGE} links to {dead:?}, which are not there");
}

/// Whether it looks like a file or folder of ours, and not like code or an address.
fn is_path(text: &str) -> bool {
    let is_plain = text.chars().all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char));
    let has_form = text.contains('/') || FILES.iter().any(|ending| text.ends_with(ending));
    is_plain && has_form && !text.starts_with('/')
}

fn tracked() -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().map(|name| root().join(name)).filter(|path| path.exists()).collect()
}

/// Whether people write it: by its ending, or a script or a Makefile without one.
fn is_code(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    if name.contains('.') {
        return CODE.iter().any(|ending| name.ends_with(ending));
    }
    name == "Makefile" || std::fs::read(path).unwrap().starts_with(b"#!")
}

#[test]
fn files_stay_small() {
    let code: Vec<_> = tracked().into_iter().filter(|path| is_code(path)).collect();
    for expected in ["Makefile", "scripts/web", "web/src/console/main.tsx", "web/dev/mock.mjs"] {
        assert!(code.contains(&root().join(expected)), "{expected} is not looked at");
    }
    for path in code {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        let most = if path.ends_with("main.rs") { MAIN_LINES_MAX } else { FILE_LINES_MAX };
        assert!(lines <= most, "{} has {lines} lines; at most {most}", path.display());
    }
}

#[test]
fn there_is_one_way_to_lay_out_modules() {
    let mods: Vec<_> = tracked().into_iter().filter(|path| path.ends_with("mod.rs")).collect();
    assert!(mods.is_empty(), "use foo.rs + foo/: {mods:?}");
}

#[test]
fn nothing_looks_for_files_where_it_was_compiled() {
    let compiled_in = concat!("env!", "(\"CARGO_MANIFEST_DIR\")");
    let rust = tracked().into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let found: Vec<_> =
        rust.filter(|path| std::fs::read_to_string(path).unwrap().contains(compiled_in)).collect();
    assert!(found.is_empty(), "build results are shared between clones; ask when it runs: {found:?}");
}
