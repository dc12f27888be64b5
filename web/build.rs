//! Stops the build with a remedy when the pages have not been built by npm yet.

use std::path::Path;

const PAGES: [&str; 5] = ["enter.html", "waiting.html", "terminal.html", "denied.html", "console.html"];

fn main() {
    println!("cargo::rerun-if-changed=dist");
    for page in PAGES {
        if !Path::new("dist").join(page).is_file() {
            println!("cargo::error=web/dist/{page} is missing: run make web");
        }
    }
}
