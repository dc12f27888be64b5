//! Images as eviction and the report see them: pins, and forgetting.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use redb::{Durability, ReadableTable as _};

use super::{Catalog, Error, KnownTag, MANIFESTS, MEMBERS, PINS, Pin, TAGS, USES, Use, image_name, storage};
use crate::digest::Digest;
use crate::name::{Image, ImageName, Tag};

impl Catalog {
    /// Every manifest that is kept.
    ///
    /// # Errors
    /// The disk's.
    pub fn images(&self) -> Result<Vec<Use>, Error> {
        let mut images = BTreeMap::new();
        let manifests = self.read()?.open_table(MANIFESTS).map_err(storage)?;
        for row in manifests.iter().map_err(storage)? {
            let (key, _) = row.map_err(storage)?;
            let Ok(digest) = Digest::from_str(key.value()) else { continue };
            let names = self.repositories(&digest)?;
            images.insert(digest.clone(), Use { digest, names, tags: Vec::new(), used_ms: 0 });
        }
        self.add_tags(&mut images)?;
        self.add_uses(&mut images)?;
        Ok(images.into_values().collect())
    }

    fn add_tags(&self, images: &mut BTreeMap<Digest, Use>) -> Result<(), Error> {
        for (name, tag, known) in self.tags()? {
            if let Some(image) = images.get_mut(&known.digest) {
                image.tags.push((name, tag));
            }
        }
        Ok(())
    }

    /// Every tag that is known.
    ///
    /// # Errors
    /// The disk's.
    pub fn tags(&self) -> Result<Vec<(ImageName, Tag, KnownTag)>, Error> {
        let table = self.read()?.open_table(TAGS).map_err(storage)?;
        let mut tags = Vec::new();
        for row in table.iter().map_err(storage)? {
            let (key, value) = row.map_err(storage)?;
            tags.extend(known_tag(key.value(), value.value()));
        }
        Ok(tags)
    }

    /// Keeps an image until `until_ms`; a later pin of the same image replaces this.
    ///
    /// # Errors
    /// The disk's.
    pub fn pin(&self, pin: &Pin) -> Result<(), Error> {
        self.write(Durability::Immediate, |tables| {
            let mut table = tables.open_table(PINS).map_err(storage)?;
            table.insert(&*pin.image.to_string(), pin.until_ms).map_err(storage)?;
            Ok(())
        })
    }

    /// Ends a pin; whether there was one.
    ///
    /// # Errors
    /// The disk's.
    pub fn unpin(&self, image: &Image) -> Result<bool, Error> {
        let mut was = false;
        self.write(Durability::Immediate, |tables| {
            let mut table = tables.open_table(PINS).map_err(storage)?;
            was = table.remove(&*image.to_string()).map_err(storage)?.is_some();
            Ok(())
        })?;
        Ok(was)
    }

    /// Every pin, those that have ended too.
    ///
    /// # Errors
    /// The disk's.
    pub fn pins(&self) -> Result<Vec<Pin>, Error> {
        let table = self.read()?.open_table(PINS).map_err(storage)?;
        let mut pins = Vec::new();
        for row in table.iter().map_err(storage)? {
            let (key, until_ms) = row.map_err(storage)?;
            pins.extend(key.value().parse().ok().map(|image| Pin { image, until_ms: until_ms.value() }));
        }
        Ok(pins)
    }

    /// Forgets manifests, the tags that mean them, and what only they showed of a repository; durable when
    /// this returns, so that their blobs may go.
    ///
    /// # Errors
    /// The disk's; then nothing was forgotten.
    pub fn forget(&self, manifests: &BTreeSet<Digest>, blobs: &BTreeSet<Digest>) -> Result<(), Error> {
        self.write(Durability::Immediate, |tables| {
            let mut kept = tables.open_table(MANIFESTS).map_err(storage)?;
            let mut uses = tables.open_table(USES).map_err(storage)?;
            for digest in manifests {
                self.fresh.forget(digest);
                kept.remove(&*digest.to_string()).map_err(storage)?;
                uses.remove(&*digest.to_string()).map_err(storage)?;
            }
            let mut members = tables.open_table(MEMBERS).map_err(storage)?;
            for digest in manifests.iter().chain(blobs) {
                let digest = digest.to_string();
                let range = (&*digest, "")..=(&*digest, "\u{10ffff}");
                members.retain_in(range, |_, _| false).map_err(storage)?;
            }
            let mut tags = tables.open_table(TAGS).map_err(storage)?;
            let meant = |value: &[u8]| serde_json::from_slice::<KnownTag>(value).map(|known| known.digest);
            tags.retain(|_, value| meant(value).is_ok_and(|digest| !manifests.contains(&digest)))
                .map_err(storage)?;
            Ok(())
        })
    }
}

fn known_tag(key: &str, value: &[u8]) -> Option<(ImageName, Tag, KnownTag)> {
    let (name, tag) = key.rsplit_once(':')?;
    Some((image_name(name)?, tag.parse().ok()?, serde_json::from_slice(value).ok()?))
}
