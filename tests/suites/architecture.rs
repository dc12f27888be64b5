//! The house against its plan: who imports whom, and how large rooms may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES_MAX: usize = 400;
const MAIN_LINES_MAX: usize = 40;

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

/// The rows of the table in docs/architecture.md.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
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
        assert!(unknown.is_empty(), "{name} imports {unknown:?}, which docs/architecture.md doesn't allow");
    }
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    let rooms = [("sqlx", "store"), ("axum", "runtime api-server registry-mirror")];
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let outside = dependency["name"].as_str().unwrap();
            let allowed = rooms
                .iter()
                .find(|(room, _)| *room == outside)
                .is_none_or(|(_, who)| who.split(' ').any(|w| w == name));
            assert!(allowed, "{name} must not know {outside}");
        }
    }
}

fn tracked(endings: &[&str]) -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let chosen = names.lines().filter(|name| endings.iter().any(|ending| name.ends_with(ending)));
    chosen.map(|name| root().join(name)).filter(|path| path.exists()).collect()
}

#[test]
fn files_stay_small() {
    for path in tracked(&[".rs", ".ts", ".mjs", ".py", ".sh", ".css"]) {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        let most = if path.ends_with("src/main.rs") { MAIN_LINES_MAX } else { FILE_LINES_MAX };
        assert!(lines <= most, "{} has {lines} lines; at most {most}", path.display());
    }
}

#[test]
fn there_is_one_way_to_lay_out_modules() {
    let mods: Vec<_> = tracked(&["mod.rs"]).into_iter().filter(|path| path.ends_with("mod.rs")).collect();
    assert!(mods.is_empty(), "use foo.rs + foo/: {mods:?}");
}
