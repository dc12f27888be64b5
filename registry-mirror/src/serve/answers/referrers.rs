//! `GET /v2/<name>/referrers/<digest>`.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::super::patience::Ended;
use super::super::response::Response;
use super::Question;
use crate::digest::Digest;
use crate::manifest::OCI_INDEX;
use crate::name::ImageName;
use crate::source::Fault;

impl Question<'_> {
    pub(super) async fn referrers(
        &self,
        image: &ImageName,
        digest: &Digest,
        wanted: Option<&str>,
    ) -> Result<Response, Ended> {
        let index = match self.ask(|| self.pull.referrers(image, digest)).await {
            // Never 404: a client would take it for "no such endpoint" and go looking for a tag.
            Err(Ended::Fault(Fault::Absent { .. })) => Bytes::from(empty()),
            index => index?,
        };
        let Some(wanted) = wanted else { return Ok(Response::full(OCI_INDEX, index)) };
        let filtered = filter(&index, wanted).ok_or_else(|| Ended::Fault(unreadable(image)))?;
        Ok(Response::full(OCI_INDEX, filtered).with("OCI-Filters-Applied", "artifactType"))
    }
}

fn empty() -> String {
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }).to_string()
}

/// The index with only the manifests of one type; `None` when it is none.
fn filter(index: &[u8], wanted: &str) -> Option<String> {
    let mut index: Map<String, Value> = serde_json::from_slice(index).ok()?;
    let manifests = index.entry("manifests").or_insert_with(|| json!([]));
    manifests.as_array_mut()?.retain(|entry| entry["artifactType"] == wanted);
    Some(Value::Object(index).to_string())
}

fn unreadable(image: &ImageName) -> Fault {
    let reason = "its list of referrers is no image index".to_owned();
    Fault::Corrupt { source_name: image.registry.to_string(), reason }
}
