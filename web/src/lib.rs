//! Owns the pages that people see (built by npm into `dist`), embedded into whoever serves them.
//! Must not know who serves them, nor anything about HTTP beyond a content type.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "dist"]
struct Dist;

/// A script, style or picture of our pages. Its name carries a hash of its content, so it may be cached for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The file as built.
    pub bytes: &'static [u8],
    /// The value for `Content-Type`, for example `text/javascript`.
    pub content_type: String,
}

/// The HTML of one page: `enter`, `waiting`, `terminal`, `denied` or `console`. Other names give `None`.
pub fn page(name: &str) -> Option<&'static [u8]> {
    if name.contains('/') {
        return None;
    }
    Dist::get(&format!("{name}.html")).and_then(bytes)
}

/// The asset that pages refer to as `/_qj/assets/{name}`; `None` when there is no such file.
pub fn asset(name: &str) -> Option<Asset> {
    let file = Dist::get(&format!("assets/{name}"))?;
    let content_type = file.metadata.mimetype().to_owned();
    Some(Asset { bytes: bytes(file)?, content_type })
}

fn bytes(file: EmbeddedFile) -> Option<&'static [u8]> {
    match file.data {
        Cow::Borrowed(bytes) => Some(bytes),
        // Only files read from disk at run time are owned; the `debug-embed` feature switches that off.
        Cow::Owned(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `/_qj/assets/…` name in a page.
    fn referenced(html: &str) -> Vec<&str> {
        html.split("/_qj/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_page_is_embedded_with_the_assets_it_names() {
        for name in ["enter", "waiting", "terminal", "denied", "console"] {
            let html = std::str::from_utf8(page(name).unwrap()).unwrap();
            assert!(!referenced(html).is_empty(), "{name} names no asset");
            for asset_name in referenced(html) {
                assert!(asset(asset_name).is_some(), "{name} names {asset_name}, which is not embedded");
            }
        }
    }

    #[test]
    fn other_names_give_nothing() {
        assert_eq!(page("nowhere"), None);
        assert_eq!(page("../web/enter"), None);
        assert_eq!(asset("../enter.html"), None);
    }
}
