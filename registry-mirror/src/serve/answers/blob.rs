//! `GET` and `HEAD /v2/<name>/blobs/<digest>`.

use super::super::patience::Ended;
use super::super::range::{Wanted, wanted};
use super::super::response::{Body, Response};
use super::super::status::Status;
use super::{Question, etag, is_tag, not_modified};
use crate::blob::Blob;
use crate::digest::Digest;
use crate::name::ImageName;

impl Question<'_> {
    pub(super) async fn blob(&self, image: &ImageName, digest: &Digest) -> Result<Response, Ended> {
        let etag = etag(digest);
        if self.is_head() || self.is_held(&etag) {
            let size = self.ask(|| self.pull.blob_size(image, digest)).await?;
            return Ok(if self.is_held(&etag) { not_modified(&etag) } else { head(digest, size) });
        }
        let blob = self.ask(|| self.pull.blob(image, digest)).await?;
        Ok(self.with_blob(blob))
    }

    fn with_blob(&self, blob: Blob) -> Response {
        let (size, how) = (blob.size(), blob.how());
        match wanted(self.range(blob.digest()), size) {
            Wanted::All => part(Status::Ok, blob, 0..size),
            Wanted::Part(range) => {
                let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                part(Status::PartialContent, blob, range).with("Content-Range", content_range)
            }
            Wanted::Nothing => {
                let content_range = format!("bytes */{size}");
                Response::new(Status::RangeNotSatisfiable).with("Content-Range", content_range)
            }
        }
        .met(how)
    }

    /// The wanted range, unless it is of other content.
    fn range(&self, digest: &Digest) -> Option<&str> {
        let condition = self.request.if_range.as_deref();
        let holds = condition.is_none_or(|tag| !tag.starts_with("W/") && is_tag(tag, &etag(digest)));
        self.request.range.as_deref().filter(|_| holds)
    }
}

fn head(digest: &Digest, size: u64) -> Response {
    let mut response = dressed(Response::new(Status::Ok), digest);
    response.length = size;
    response
}

fn part(status: Status, blob: Blob, range: std::ops::Range<u64>) -> Response {
    let mut response = dressed(Response::new(status), blob.digest());
    response.length = range.end - range.start;
    response.body = Body::Blob(blob, range);
    response
}

fn dressed(response: Response, digest: &Digest) -> Response {
    response
        .with("Content-Type", "application/octet-stream")
        .with("Docker-Content-Digest", digest.to_string())
        .with("ETag", etag(digest))
        .with("Accept-Ranges", "bytes")
}
