//! Images as eviction and the report see them: pins, and forgetting.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use redb::{Durability, ReadableTable};

use super::{
    Catalog, Error, KnownTag, MANIFESTS, MEMBERS, PINS, Pin, TAGS, USES, Use, image_name, storage, weight,
};
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
        self.write(Durability::Immediate, |tables, _| {
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
        self.write(Durability::Immediate, |tables, _| {
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

    /// Forgets manifests, and of `digests` which repositories showed them; with them every tag that means what is not
    /// kept. Durable when this returns, so that blobs may go.
    ///
    /// # Errors
    /// The disk's; then nothing was forgotten.
    pub fn forget(&self, manifests: &BTreeSet<Digest>, digests: &BTreeSet<Digest>) -> Result<(), Error> {
        self.write(Durability::Immediate, |tables, change| {
            let mut kept = tables.open_table(MANIFESTS).map_err(storage)?;
            let mut uses = tables.open_table(USES).map_err(storage)?;
            for digest in manifests {
                self.fresh.forget(digest);
                let key = digest.to_string();
                let row = kept.remove(&*key).map_err(storage)?;
                change.less += row.map_or(0, |row| weight::manifest(&key, row.value()));
                uses.remove(&*key).map_err(storage)?;
            }
            let mut members = tables.open_table(MEMBERS).map_err(storage)?;
            for digest in manifests.iter().chain(digests) {
                let digest = digest.to_string();
                let range = (&*digest, "")..=(&*digest, "\u{10ffff}");
                let forgotten = |key: (&str, &str), _: u64| {
                    change.less += weight::member(key);
                    false
                };
                members.retain_in(range, forgotten).map_err(storage)?;
            }
            let mut tags = tables.open_table(TAGS).map_err(storage)?;
            let stays = |key: &str, value: &[u8]| {
                let meant = serde_json::from_slice::<KnownTag>(value).ok();
                let stays = meant.is_some_and(|known| is_kept(&kept, &known.digest));
                change.less += if stays { 0 } else { weight::tag(key, value) };
                stays
            };
            tags.retain(stays).map_err(storage)
        })
    }
}

/// One that cannot be read may be there.
fn is_kept(
    manifests: &impl ReadableTable<&'static str, (&'static str, &'static [u8])>,
    digest: &Digest,
) -> bool {
    !matches!(manifests.get(&*digest.to_string()), Ok(None))
}

fn known_tag(key: &str, value: &[u8]) -> Option<(ImageName, Tag, KnownTag)> {
    let (name, tag) = key.rsplit_once(':')?;
    Some((image_name(name)?, tag.parse().ok()?, serde_json::from_slice(value).ok()?))
}
