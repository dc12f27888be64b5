//! `GET` and `HEAD /v2/<name>/manifests/<reference>`.

use super::super::patience::Ended;
use super::super::response::Response;
use super::{Question, etag, not_modified};
use crate::manifests::{Age, Answer};
use crate::name::{ImageName, Reference};
use crate::source::Fault;

impl Question<'_> {
    pub(super) async fn manifest(
        &self,
        image: &ImageName,
        reference: Option<&Reference>,
    ) -> Result<Response, Ended> {
        let Some(reference) = reference else {
            let source_name = image.registry.to_string();
            return Err(Ended::Fault(Fault::Absent { source_name }));
        };
        let answer = self.ask(|| self.pull.manifest(image, reference, self.is_head())).await?;
        let response = self.with_manifest(&answer);
        Ok(match answer.stale_for {
            Some(age) => response.with("Warning", warning(age)),
            None => response,
        })
    }

    fn with_manifest(&self, answer: &Answer) -> Response {
        let content = &answer.descriptor;
        let etag = etag(&content.digest);
        if self.is_held(&etag) {
            return not_modified(&etag).met(answer.how);
        }
        let mut response = Response::full(&content.media_type, answer.bytes.clone());
        // The bytes need not be here for a HEAD.
        response.length = content.size;
        response.with("Docker-Content-Digest", content.digest.to_string()).with("ETag", etag).met(answer.how)
    }
}

/// Clients show it to people.
fn warning(age: Age) -> String {
    match age {
        Age::Known(age) => {
            let seconds = age.as_secs();
            format!("299 - \"served stale: the upstream has not confirmed this tag for {seconds} s\"")
        }
        Age::Unknown => {
            "299 - \"served stale: the upstream does not answer, and since it last confirmed this tag the \
            mirror's clock has gone back\""
                .to_owned()
        }
    }
}
