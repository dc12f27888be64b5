//! Names of files and folders. A part's name holds its digest and size, so that there is no record beside it
//! that could be torn.

use std::path::{Path, PathBuf};

use crate::digest::{Algorithm, Digest};

/// The paths below a mirror's folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
    pub(super) partial: PathBuf,
    pub(super) quarantine: PathBuf,
    /// What is no longer ours, between its last rename and the removal of its bytes.
    pub(super) trash: PathBuf,
    pub(super) lock: PathBuf,
    blobs: PathBuf,
}

impl Layout {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            partial: root.join("partial"),
            quarantine: root.join("quarantine"),
            trash: root.join("trash"),
            lock: root.join("lock"),
            blobs: root.join("blobs"),
        }
    }

    /// The folders that are always there, parents first.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let fixed = [&self.blobs, &self.partial, &self.quarantine, &self.trash].map(PathBuf::clone);
        let algorithms = [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| self.algorithm(algorithm));
        fixed.into_iter().chain(algorithms).collect()
    }

    pub(super) fn algorithm(&self, algorithm: Algorithm) -> PathBuf {
        self.blobs.join(algorithm.as_str())
    }

    /// The folder of a sealed blob: of 256, so that none grows too long.
    pub(super) fn shelf(&self, digest: &Digest) -> PathBuf {
        self.algorithm(digest.algorithm()).join(&digest.hex()[..2])
    }

    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        self.shelf(digest).join(digest.hex())
    }

    pub(super) fn part(&self, digest: &Digest, size: u64) -> PathBuf {
        self.partial.join(format!("{}-{}.{size}", digest.algorithm().as_str(), digest.hex()))
    }

    /// `number` sets several wrong contents of one digest apart.
    pub(super) fn quarantined(&self, digest: &Digest, number: u64) -> PathBuf {
        self.quarantine.join(format!("{}-{}.{number}", digest.algorithm().as_str(), digest.hex()))
    }

    pub(super) fn trashed(&self, number: u64) -> PathBuf {
        self.trash.join(number.to_string())
    }
}

/// The digest and the number of a file name like `sha256-<hex>.<number>`.
pub(super) fn parse_name(name: &str) -> Option<(Digest, u64)> {
    let (digest, number) = name.split_once('.')?;
    let digest = digest.replacen('-', ":", 1).parse().ok()?;
    Some((digest, number.parse().ok()?))
}
