//! What a fake registry has.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};
use crate::source::Manifest;
use crate::testing::image::{FakeImage, entry, manifest};

const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// Repositories by name, blobs by digest.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) repositories: HashMap<String, Repository>,
    blobs: HashMap<Digest, Bytes>,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) tags: BTreeMap<String, Digest>,
    manifests: HashMap<Digest, Manifest>,
    blobs: Vec<Digest>,
    referrers: HashMap<Digest, Vec<Value>>,
}

impl Content {
    pub(super) fn add(&mut self, repository: &str, tag: &str, image: &FakeImage) {
        let repository = self.repositories.entry(repository.to_owned()).or_default();
        repository.tags.insert(tag.to_owned(), image.root.digest.clone());
        for manifest in &image.manifests {
            repository.manifests.insert(manifest.digest.clone(), manifest.clone());
        }
        for (digest, bytes) in &image.blobs {
            repository.blobs.push(digest.clone());
            self.blobs.entry(digest.clone()).or_insert_with(|| bytes.clone());
        }
    }

    pub(super) fn add_blob(&mut self, repository: &str, bytes: Bytes) -> Digest {
        let digest = Digest::of(crate::digest::Algorithm::Sha256, &bytes);
        self.repositories.entry(repository.to_owned()).or_default().blobs.push(digest.clone());
        self.blobs.insert(digest.clone(), bytes);
        digest
    }

    pub(super) fn add_referrer(&mut self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest {
        let repository = self.repositories.entry(repository.to_owned()).or_default();
        let empty = Digest::of(crate::digest::Algorithm::Sha256, b"{}");
        let signature = manifest(
            OCI_MANIFEST,
            &json!({
                "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": artifact_type,
                "config": entry(EMPTY, &empty, b"{}"), "layers": [], "subject": { "digest": subject.to_string() },
            }),
        );
        let mut listed = entry(OCI_MANIFEST, &signature.digest, &signature.bytes);
        listed["artifactType"] = json!(artifact_type);
        let digest = signature.digest.clone();
        repository.referrers.entry(subject.clone()).or_default().push(listed);
        let fallback = repository.index_of(subject);
        let tag = format!("{}-{}", subject.algorithm().as_str(), subject.hex());
        repository.tags.insert(tag, fallback.digest.clone());
        for manifest in [signature, fallback] {
            repository.manifests.insert(manifest.digest.clone(), manifest);
        }
        digest
    }

    /// A blob of a repository: one of another is absent, even when it is here.
    pub(super) fn blob(&self, repository: &str, digest: &Digest) -> Option<Bytes> {
        let repository = self.repositories.get(repository)?;
        repository.blobs.contains(digest).then(|| self.blobs.get(digest).cloned()).flatten()
    }

    /// A blob of any repository, as the object store has it.
    pub(super) fn any_blob(&self, digest: &Digest) -> Option<Bytes> {
        self.blobs.get(digest).cloned()
    }
}

impl Repository {
    pub(super) fn manifest(&self, reference: &str) -> Option<Manifest> {
        let digest = reference.parse().ok().or_else(|| self.tags.get(reference).cloned())?;
        self.manifests.get(&digest).cloned()
    }

    pub(super) fn index_of(&self, subject: &Digest) -> Manifest {
        let entries = self.referrers.get(subject).cloned().unwrap_or_default();
        manifest(OCI_INDEX, &json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }))
    }
}
