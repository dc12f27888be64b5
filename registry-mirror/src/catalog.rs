//! What is known of the content here: manifests, what tags meant when they were last asked, which
//! repositories showed which digest, pins, and when an image was last used. One file beside the blobs.
//!
//! Everything in it can be fetched again, except pins; so a file that cannot be read is set aside and a new
//! one begun. Reads are quick enough for any thread; writes wait for the disk and belong on a blocking one.

mod images;
mod record;
mod uses;
mod weight;

use std::path::{Path, PathBuf};

use parking_lot::{RwLock, RwLockWriteGuard};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

pub use record::{KnownTag, Pin, Use};

use crate::digest::Digest;
use crate::manifest::Link;
use crate::name::{ImageName, Tag};
use crate::source::Manifest;
use weight::{Change, Weight};

/// Memory that the catalogue's own page cache may take.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// Image and tag (`docker.io/library/debian:12`) → [`KnownTag`] as JSON.
const TAGS: TableDefinition<&str, &[u8]> = TableDefinition::new("tags");
/// Digest → media type and exact bytes.
const MANIFESTS: TableDefinition<&str, (&str, &[u8])> = TableDefinition::new("manifests");
/// Digest and repository → the size that was said for it, in bytes.
const MEMBERS: TableDefinition<(&str, &str), u64> = TableDefinition::new("members");
/// Digest of a manifest → when it was last asked for, in milliseconds.
const USES: TableDefinition<&str, u64> = TableDefinition::new("uses");
/// Image as people write it → until when it is pinned, in milliseconds.
const PINS: TableDefinition<&str, u64> = TableDefinition::new("pins");

/// The catalogue of one mirror's folder.
#[derive(Debug)]
pub struct Catalog {
    database: Database,
    fresh: uses::Fresh,
    weight: Weight,
    /// Read while something is kept; see [`Catalog::hold`].
    keeping: RwLock<()>,
}

/// While it lives nothing more is kept.
pub type Hold<'a> = RwLockWriteGuard<'a, ()>;

/// Why the catalogue did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open.
    #[error("the catalogue {0} is in use by another process: one mirror per folder")]
    InUse(PathBuf),
    /// The disk's or the file's error.
    #[error("the catalogue cannot be read or written: {0}")]
    Storage(#[from] redb::Error),
}

/// Every error of the storage engine is one to us.
fn storage(error: impl Into<redb::Error>) -> Error {
    Error::Storage(error.into())
}

impl Catalog {
    /// Opens or creates the catalogue at `path`; one that is broken is renamed to `….broken` first.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = match create(path) {
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => return Err(Error::InUse(path.to_owned())),
            // The disk's own errors pass; "invalid data" is how redb calls a file that is none of its own.
            Err(redb::DatabaseError::Storage(redb::StorageError::Io(error)))
                if error.kind() != std::io::ErrorKind::InvalidData =>
            {
                return Err(storage(redb::StorageError::Io(error)));
            }
            Err(error) => {
                tracing::error!(error = %error, "the catalogue is broken; beginning a new one");
                let aside = path.with_extension("broken");
                std::fs::rename(path, aside).map_err(|error| storage(redb::StorageError::Io(error)))?;
                create(path).map_err(storage)?
            }
            Ok(database) => database,
        };
        let (fresh, weight) = (uses::Fresh::default(), Weight::default());
        let catalog = Self { database, fresh, weight, keeping: RwLock::default() };
        catalog.write(Durability::Immediate, |tables, _| {
            tables.open_table(TAGS).map_err(storage)?;
            tables.open_table(MANIFESTS).map_err(storage)?;
            tables.open_table(MEMBERS).map_err(storage)?;
            tables.open_table(USES).map_err(storage)?;
            tables.open_table(PINS).map_err(storage)?;
            Ok(())
        })?;
        catalog.resume_uses()?;
        catalog.weight.read(&catalog.read()?)?;
        Ok(catalog)
    }

    /// What all of it takes on the disk, at most, in bytes. In memory.
    #[must_use]
    pub fn taken_bytes(&self) -> u64 {
        self.weight.bytes()
    }

    /// Keeps others from keeping manifests, so that what was read of them stays true until some are forgotten. They
    /// wait, so it must not be held for long.
    pub fn hold(&self) -> Hold<'_> {
        self.keeping.write()
    }

    /// A manifest's exact bytes.
    ///
    /// # Errors
    /// The disk's.
    pub fn manifest(&self, digest: &Digest) -> Result<Option<Manifest>, Error> {
        let table = self.read()?.open_table(MANIFESTS).map_err(storage)?;
        let row = table.get(&*digest.to_string()).map_err(storage)?;
        Ok(row.map(|row| {
            let (media_type, bytes) = row.value();
            Manifest { media_type: media_type.into(), digest: digest.clone(), bytes: bytes.to_vec().into() }
        }))
    }

    /// What a tag meant when it was last asked.
    ///
    /// # Errors
    /// The disk's.
    pub fn tag(&self, image: &ImageName, tag: &Tag) -> Result<Option<KnownTag>, Error> {
        let table = self.read()?.open_table(TAGS).map_err(storage)?;
        let row = table.get(&*tag_key(image, tag)).map_err(storage)?;
        Ok(row.and_then(|row| serde_json::from_slice(row.value()).ok()))
    }

    /// Keeps a manifest and that `image` has it and the content that it points at.
    ///
    /// # Errors
    /// The disk's; then nothing was kept.
    pub fn keep(&self, image: &ImageName, manifest: &Manifest, links: &[Link]) -> Result<(), Error> {
        let _not_while_some_are_forgotten = self.keeping.read();
        let (digest, repository) = (manifest.digest.to_string(), image.to_string());
        let value = (&*manifest.media_type, &*manifest.bytes);
        self.write(Durability::Immediate, |tables, change| {
            let mut manifests = tables.open_table(MANIFESTS).map_err(storage)?;
            change.more += weight::manifest(&digest, value);
            let before = manifests.insert(&*digest, value).map_err(storage)?;
            change.less += before.map_or(0, |before| weight::manifest(&digest, before.value()));
            let mut members = tables.open_table(MEMBERS).map_err(storage)?;
            let own = (digest.clone(), manifest.bytes.len() as u64);
            let shown = links.iter().map(|link| (link.digest.to_string(), link.size));
            for (digest, size) in std::iter::once(own).chain(shown) {
                let key = (&*digest, &*repository);
                if members.insert(key, size).map_err(storage)?.is_none() {
                    change.more += weight::member(key);
                }
            }
            Ok(())
        })
    }

    /// Writes down what a tag means now.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_tag(&self, image: &ImageName, tag: &Tag, known: &KnownTag) -> Result<(), Error> {
        let (key, value) = (tag_key(image, tag), serde_json::to_vec(known).unwrap_or_default());
        self.write(Durability::Immediate, |tables, change| {
            let mut table = tables.open_table(TAGS).map_err(storage)?;
            change.more += weight::tag(&key, &value);
            let before = table.insert(&*key, &*value).map_err(storage)?;
            change.less += before.map_or(0, |before| weight::tag(&key, before.value()));
            Ok(())
        })
    }

    /// Whether a repository has shown this digest: a digest of one repository opens no other.
    ///
    /// # Errors
    /// The disk's.
    pub fn is_member(&self, image: &ImageName, digest: &Digest) -> Result<bool, Error> {
        let table = self.read()?.open_table(MEMBERS).map_err(storage)?;
        let row = table.get((&*digest.to_string(), &*image.to_string())).map_err(storage)?;
        Ok(row.is_some())
    }

    /// The size in bytes that manifests say a digest has.
    ///
    /// # Errors
    /// The disk's.
    pub fn size(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        Ok(self.members(digest)?.into_iter().map(|(_, size)| size).find(|size| *size > 0))
    }

    /// What a manifest takes on the disk, at most, in bytes.
    #[must_use]
    pub fn weight(manifest: &Manifest) -> u64 {
        weight::manifest(&manifest.digest.to_string(), (&manifest.media_type, &manifest.bytes))
    }

    /// Every repository that has shown this digest.
    ///
    /// # Errors
    /// The disk's.
    pub fn repositories(&self, digest: &Digest) -> Result<Vec<ImageName>, Error> {
        Ok(self.members(digest)?.into_iter().map(|(name, _)| name).collect())
    }

    fn members(&self, digest: &Digest) -> Result<Vec<(ImageName, u64)>, Error> {
        let table = self.read()?.open_table(MEMBERS).map_err(storage)?;
        let digest = digest.to_string();
        let rows = table.range((&*digest, "")..=(&*digest, "\u{10ffff}")).map_err(storage)?;
        let mut members = Vec::new();
        for row in rows {
            let (key, size) = row.map_err(storage)?;
            members.extend(image_name(key.value().1).map(|name| (name, size.value())));
        }
        Ok(members)
    }

    fn read(&self) -> Result<redb::ReadTransaction, Error> {
        self.database.begin_read().map_err(storage)
    }

    fn write(
        &self,
        durability: Durability,
        make: impl FnOnce(&redb::WriteTransaction, &mut Change) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut transaction = self.database.begin_write().map_err(storage)?;
        transaction.set_durability(durability).map_err(storage)?;
        let mut change = Change::default();
        make(&transaction, &mut change)?;
        transaction.commit().map_err(storage)?;
        self.weight.apply(change);
        Ok(())
    }
}

fn create(path: &Path) -> Result<Database, redb::DatabaseError> {
    Database::builder().set_cache_size(CACHE_BYTES).create(path)
}

fn tag_key(image: &ImageName, tag: &Tag) -> String {
    format!("{image}:{tag}")
}

fn image_name(text: &str) -> Option<ImageName> {
    let (registry, repository) = text.split_once('/')?;
    Some(ImageName::new(registry.parse().ok()?, repository.parse().ok()?))
}

#[cfg(test)]
mod tests;
