//! Stops the build with a remedy when the pages have not been built by npm yet.

use std::path::Path;

const PAGES: [&str; 5] = ["enter", "waiting", "terminal", "denied", "console"];

fn main() {
    println!("cargo::rerun-if-changed=dist");
    for page in PAGES {
        if !Path::new("dist").join(format!("{page}.html")).is_file() {
            println!("cargo::error=web/dist/{page}.html is missing: run make web");
        }
    }
}
