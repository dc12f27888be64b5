//! Images out of nothing: real enough to be unpacked, and the same for the same seed.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::digest::{Algorithm, Digest};
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};
use crate::source::Manifest;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const TAR_BLOCK_BYTES: usize = 512;
/// Header, and the two empty blocks that end an archive.
const TAR_EXTRA_BYTES: usize = 3 * TAR_BLOCK_BYTES;

/// What an image is made of.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    /// Other seeds give other bytes.
    pub seed: u64,
    /// `os/architecture`; with none or one the image is a manifest, with more an index.
    pub platforms: Vec<String>,
    /// The size of each layer in bytes, rounded up to blocks of 512 and at least 2,048.
    pub layers_bytes: Vec<usize>,
}

impl ImageSpec {
    /// One platform, `linux/amd64`.
    #[must_use]
    pub fn new(seed: u64, layers_bytes: &[usize]) -> Self {
        Self { seed, platforms: vec!["linux/amd64".to_owned()], layers_bytes: layers_bytes.to_vec() }
    }

    /// For several platforms; each has layers of its own.
    #[must_use]
    pub fn platforms(self, platforms: &[&str]) -> Self {
        Self { platforms: platforms.iter().map(|&platform| platform.to_owned()).collect(), ..self }
    }
}

/// An image with all its content.
#[derive(Clone, Debug)]
pub struct FakeImage {
    /// What a tag points at.
    pub root: Manifest,
    /// All manifests, the root too.
    pub manifests: Vec<Manifest>,
    /// Configurations and layers, in the order of the manifests.
    pub blobs: Vec<(Digest, Bytes)>,
}

impl FakeImage {
    /// Makes the image.
    #[must_use]
    pub fn new(spec: &ImageSpec) -> Self {
        let mut blobs = Vec::new();
        let mut platforms: Vec<&str> = spec.platforms.iter().map(String::as_str).collect();
        if platforms.is_empty() {
            platforms.push("linux/amd64");
        }
        let images: Vec<Manifest> =
            (0..).zip(&platforms).map(|(at, name)| image(spec, at, name, &mut blobs)).collect();
        match <[Manifest; 1]>::try_from(images) {
            Ok([only]) => Self { root: only.clone(), manifests: vec![only], blobs },
            Err(images) => {
                let root = index(&platforms, &images);
                let manifests = std::iter::once(root.clone()).chain(images).collect();
                Self { root, manifests, blobs }
            }
        }
    }

    /// The same behind so many more indexes, each with one entry, for `linux/amd64`.
    #[must_use]
    pub fn nested(mut self, indexes: usize) -> Self {
        for _ in 0..indexes {
            self.root = index(&["linux/amd64"], std::slice::from_ref(&self.root));
            self.manifests.push(self.root.clone());
        }
        self
    }

    /// The same for one platform, with a manifest that is so many bytes longer.
    #[must_use]
    pub fn with_large_manifest(mut self, bytes: usize) -> Self {
        let mut body: Value = serde_json::from_slice(&self.root.bytes).unwrap_or_default();
        body["annotations"] = json!({ "padding": "x".repeat(bytes) });
        self.root = manifest(&self.root.media_type, &body);
        self.manifests = vec![self.root.clone()];
        self
    }

    /// All layers and configurations together, in bytes.
    #[must_use]
    pub fn blob_bytes(&self) -> u64 {
        self.blobs.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

fn image(spec: &ImageSpec, at: u64, platform: &str, blobs: &mut Vec<(Digest, Bytes)>) -> Manifest {
    let seeds = (0..).map(|layer: u64| spec.seed.wrapping_mul(1_000_003) ^ (at << 32) ^ layer);
    let layers: Vec<Bytes> =
        spec.layers_bytes.iter().zip(seeds).map(|(&size, seed)| layer(size, seed)).collect();
    let digests: Vec<Digest> = layers.iter().map(|bytes| sha256(bytes)).collect();
    let (os, architecture) = platform.split_once('/').unwrap_or(("linux", platform));
    let diff_ids: Vec<String> = digests.iter().map(Digest::to_string).collect();
    let config = text(&json!({
        "architecture": architecture, "os": os, "config": {}, "author": format!("seed {}", spec.seed),
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    }));
    let entries: Vec<Value> =
        layers.iter().zip(&digests).map(|(bytes, digest)| entry(LAYER, digest, bytes)).collect();
    let body = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": entry(CONFIG, &sha256(&config), &config), "layers": entries,
    });
    blobs.push((sha256(&config), config));
    blobs.extend(digests.into_iter().zip(layers));
    manifest(OCI_MANIFEST, &body)
}

fn index(platforms: &[&str], images: &[Manifest]) -> Manifest {
    let entries = platforms.iter().zip(images).map(|(platform, image)| {
        let (os, architecture) = platform.split_once('/').unwrap_or(("linux", platform));
        let mut entry = entry(&image.media_type, &image.digest, &image.bytes);
        entry["platform"] = json!({ "os": os, "architecture": architecture });
        entry
    });
    let entries: Vec<Value> = entries.collect();
    manifest(OCI_INDEX, &json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }))
}

/// A manifest of these contents.
pub(super) fn manifest(media_type: &str, body: &Value) -> Manifest {
    let bytes = text(body);
    Manifest { media_type: media_type.to_owned(), digest: sha256(&bytes), bytes }
}

/// How content is referred to in a manifest.
pub(super) fn entry(media_type: &str, digest: &Digest, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
}

fn text(value: &Value) -> Bytes {
    value.to_string().into()
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::of(Algorithm::Sha256, bytes)
}

/// A tar archive of one file with random bytes.
fn layer(size: usize, seed: u64) -> Bytes {
    let blocks = size.max(TAR_EXTRA_BYTES + TAR_BLOCK_BYTES).div_ceil(TAR_BLOCK_BYTES);
    let file_bytes = blocks * TAR_BLOCK_BYTES - TAR_EXTRA_BYTES;
    let mut archive = tar_header(seed, file_bytes);
    archive.extend_from_slice(&random_bytes(seed, file_bytes));
    archive.resize(blocks * TAR_BLOCK_BYTES, 0);
    archive.into()
}

fn tar_header(seed: u64, file_bytes: usize) -> Vec<u8> {
    let mut header = vec![0_u8; TAR_BLOCK_BYTES];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &format!("data-{seed:016x}"));
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{file_bytes:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// Bytes that look random, the same for the same seed (splitmix64).
#[must_use]
pub fn random_bytes(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_whole_and_repeat() {
        let spec = ImageSpec::new(7, &[4096, 100]).platforms(&["linux/amd64", "linux/arm64"]);
        let image = FakeImage::new(&spec);
        assert_eq!(image.root, FakeImage::new(&spec).root);
        assert_eq!(image.root.links().unwrap().manifests.len(), 2);
        for manifest in &image.manifests[1..] {
            for link in manifest.links().unwrap().blobs {
                let (_, bytes) = image.blobs.iter().find(|(digest, _)| *digest == link.digest).unwrap();
                assert!(link.digest.fits(bytes) && link.size == bytes.len() as u64);
            }
        }
        assert_eq!(image.blobs[1].1.len(), 4096);
        let digests: std::collections::HashSet<_> = image.blobs.iter().map(|(digest, _)| digest).collect();
        assert_eq!(digests.len(), 6);
    }
}
