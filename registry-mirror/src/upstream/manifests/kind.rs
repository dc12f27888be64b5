//! Which kind of manifest an answer holds. Pure.

use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::manifest::{DOCKER_LIST, OCI_INDEX, OCI_MANIFEST};
use crate::upstream::answer::media_type;

/// Whether a media type says more than that it is JSON, text or bytes.
pub(super) fn is_specific(media_type: &str) -> bool {
    !matches!(media_type, "application/json" | "application/octet-stream" | "text/plain" | "text/html")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    config: Option<serde::de::IgnoredAny>,
}

/// The media type that the upstream said; where it said nothing of use, that of the content.
pub(super) fn kind(headers: &HeaderMap, bytes: &[u8]) -> Option<String> {
    if let Some(said) = media_type(headers).filter(|text| is_specific(text)) {
        return Some(said);
    }
    let shape: Shape = serde_json::from_slice(bytes).ok()?;
    match shape {
        Shape { media_type: Some(media_type), .. } => Some(media_type),
        Shape { manifests: Some(_), .. } => Some(OCI_INDEX.to_owned()),
        Shape { config: Some(_), layers: Some(_), .. } => Some(OCI_MANIFEST.to_owned()),
        Shape { .. } => None,
    }
}

/// Whether a media type is that of an image or an index.
pub(in super::super) fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::DOCKER_MANIFEST;

    #[test]
    fn a_media_type_is_found_in_the_content_where_the_upstream_says_none() {
        let plain = HeaderMap::from_iter([("content-type".parse().unwrap(), "text/plain".parse().unwrap())]);
        for (body, media_type) in [
            (format!(r#"{{"mediaType":"{DOCKER_MANIFEST}"}}"#), Some(DOCKER_MANIFEST)),
            (r#"{"manifests":[]}"#.to_owned(), Some(OCI_INDEX)),
            (r#"{"config":{},"layers":[]}"#.to_owned(), Some(OCI_MANIFEST)),
            ("{}".to_owned(), None),
            ("<html>".to_owned(), None),
        ] {
            assert_eq!(kind(&plain, body.as_bytes()).as_deref(), media_type, "{body}");
        }
    }
}
