//! What every [`Source`] does, whatever is behind it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;

use super::image::{FakeImage, ImageSpec};
use super::trouble::Trouble;
use crate::digest::{Algorithm, Digest};
use crate::name::{Reference, Repository};
use crate::source::{Body, Fault, Manifest, Source, TagPage};

/// A source together with the upstream behind it.
pub trait Upstream: Send + Sync {
    /// The source.
    fn source(&self) -> Arc<dyn Source>;
    /// Puts an image into a repository under a tag.
    fn add(&self, repository: &str, tag: &str, image: &FakeImage);
    /// Puts a signature for `subject` into a repository; returns its digest.
    fn add_referrer(&self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest;
    /// From now on every answer has this trouble, or none has.
    fn trouble(&self, trouble: Option<Trouble>);
}

struct Case<'a, U> {
    upstream: &'a U,
    source: Arc<dyn Source>,
    repository: Repository,
    image: FakeImage,
}

/// Runs the whole suite.
///
/// # Errors
/// A fault where none should be.
///
/// # Panics
/// Where the source does something else than it should.
pub async fn check<U: Upstream>(upstream: &U) -> Result<(), Fault> {
    let image =
        FakeImage::new(&ImageSpec::new(1, &[4096, 200_000]).platforms(&["linux/amd64", "linux/arm64"]));
    let Ok(repository) = "library/app".parse() else { return Ok(()) };
    upstream.add("library/app", "1", &image);
    upstream.add("library/app", "2", &image);
    let case = Case { upstream, source: upstream.source(), repository, image };
    case.manifests().await?;
    case.absence().await;
    case.blobs().await?;
    case.broken_blobs().await?;
    case.troubles().await;
    case.tags().await?;
    case.referrers().await
}

impl<U: Upstream> Case<'_, U> {
    fn tag(text: &str) -> Reference {
        text.parse().unwrap_or_else(|_| Reference::Digest(Digest::of(Algorithm::Sha256, b"no tag")))
    }

    async fn manifests(&self) -> Result<(), Fault> {
        let by_tag = self.source.manifest(&self.repository, &Self::tag("1")).await?;
        assert_eq!(by_tag, self.image.root, "a manifest comes byte for byte");
        for Manifest { media_type, digest, bytes } in &self.image.manifests {
            let reference = Reference::Digest(digest.clone());
            let head = self.source.head(&self.repository, &reference).await?;
            let got = (&head.media_type, &head.digest, head.size);
            assert_eq!(got, (media_type, digest, bytes.len() as u64), "HEAD describes what GET sends");
            assert_eq!(self.source.manifest(&self.repository, &reference).await?.bytes, bytes);
        }
        let head = self.source.head(&self.repository, &Self::tag("2")).await?;
        assert_eq!(head.digest, self.image.root.digest);
        self.upstream.trouble(Some(Trouble::WrongManifest));
        let reference = Reference::Digest(self.image.root.digest.clone());
        let wrong = self.source.manifest(&self.repository, &reference).await;
        assert!(matches!(wrong, Err(Fault::Corrupt { .. })), "{wrong:?}");
        self.upstream.trouble(None);
        Ok(())
    }

    async fn absence(&self) {
        let nothing = Digest::of(Algorithm::Sha256, b"nothing");
        let is_absent = |fault: &Fault| matches!(fault, Fault::Absent { .. });
        let tag = self.source.manifest(&self.repository, &Self::tag("none")).await.map(|_| ());
        let head = self.source.head(&self.repository, &Reference::Digest(nothing.clone())).await.map(|_| ());
        let blob = self.source.blob(&self.repository, &nothing, 0).await.map(|_| ());
        let size = self.source.blob_size(&self.repository, &nothing).await.map(|_| ());
        for answer in [tag, head, blob, size] {
            assert!(answer.as_ref().is_err_and(is_absent), "{answer:?}");
        }
    }

    fn layer(&self) -> (&Digest, &Bytes) {
        let (digest, bytes) = &self.image.blobs[2];
        (digest, bytes)
    }

    async fn open(&self, from: u64) -> Result<Body, Fault> {
        self.source.blob(&self.repository, self.layer().0, from).await
    }

    async fn blobs(&self) -> Result<(), Fault> {
        for (digest, bytes) in &self.image.blobs {
            let size = self.source.blob_size(&self.repository, digest).await?;
            assert_eq!(size, bytes.len() as u64);
        }
        let (_, bytes) = self.layer();
        for from in [0, 1, 70_000, bytes.len() - 1] {
            let body = self.open(from as u64).await?;
            assert_eq!((body.size, body.from), (bytes.len() as u64, from as u64));
            assert_eq!(drain(body).await, (bytes.slice(from..), None));
        }
        let past = self.open(bytes.len() as u64).await;
        assert!(matches!(past, Err(Fault::Corrupt { .. })), "{past:?}");
        self.upstream.trouble(Some(Trouble::IgnoredRange));
        let whole = self.open(70_000).await?;
        assert_eq!(whole.from, 0, "a range that was ignored is said to begin at 0");
        assert_eq!(drain(whole).await, (bytes.clone(), None));
        self.upstream.trouble(None);
        Ok(())
    }

    async fn broken_blobs(&self) -> Result<(), Fault> {
        let (digest, bytes) = self.layer();
        self.upstream.trouble(Some(Trouble::Cut { after_bytes: 100_000 }));
        let (got, fault) = drain(self.open(0).await?).await;
        assert!(matches!(fault, Some(Fault::Unavailable { .. })), "{fault:?}");
        assert_eq!(got, bytes.slice(..got.len()), "what came before the cut is right");
        self.upstream.trouble(Some(Trouble::WrongDigest));
        let (got, fault) = drain(self.open(0).await?).await;
        assert!(fault.is_none() && !digest.fits(&got), "nobody has checked the bytes yet");
        self.upstream.trouble(Some(Trouble::TooShort));
        let short = self.open(0).await?;
        let (size, (_, fault)) = (short.size, drain(short).await);
        assert!(
            fault.is_some() || size < bytes.len() as u64,
            "a short body shows in its length or at its end"
        );
        self.upstream.trouble(Some(Trouble::TooLong));
        let (_, fault) = drain(self.open(0).await?).await;
        assert!(matches!(fault, Some(Fault::Corrupt { .. })), "{fault:?}");
        for trouble in [Trouble::TruncatedGzip, Trouble::WrongRange] {
            self.upstream.trouble(Some(trouble));
            let answer = self.open(70_000).await;
            assert!(matches!(answer, Err(Fault::Corrupt { .. })), "{answer:?}");
        }
        self.upstream.trouble(None);
        Ok(())
    }

    async fn troubles(&self) {
        type Is = fn(&Fault) -> bool;
        let unavailable: Is = |fault| matches!(fault, Fault::Unavailable { .. });
        let denied: Is = |fault| matches!(fault, Fault::Denied { .. });
        let limited: Is = |fault| matches!(fault, Fault::Limited { .. });
        for (trouble, is_right) in [
            (Trouble::Down, unavailable),
            (Trouble::ServerError, unavailable),
            (Trouble::RedirectLoop, unavailable),
            (Trouble::Denied, denied),
            (Trouble::Limited { retry_after: None }, limited),
        ] {
            self.upstream.trouble(Some(trouble.clone()));
            let head = self.source.head(&self.repository, &Self::tag("1")).await.map(|_| ());
            let blob = self.open(0).await.map(|_| ());
            let tags = self.source.tags(&self.repository, &TagPage::default()).await.map(|_| ());
            for answer in [head, blob, tags] {
                assert!(answer.as_ref().is_err_and(is_right), "{trouble:?}: {answer:?}");
            }
        }
        self.upstream.trouble(None);
    }

    async fn tags(&self) -> Result<(), Fault> {
        let all = self.source.tags(&self.repository, &TagPage::default()).await?;
        assert_eq!((all.tags, all.more), (vec!["1".to_owned(), "2".to_owned()], false));
        let first = self.source.tags(&self.repository, &TagPage { limit: Some(1), last: None }).await?;
        assert_eq!((first.tags, first.more), (vec!["1".to_owned()], true));
        let second = TagPage { limit: Some(1), last: "1".parse().ok() };
        let second = self.source.tags(&self.repository, &second).await?;
        assert_eq!((second.tags, second.more), (vec!["2".to_owned()], false));
        let none = self.source.tags(&self.repository, &TagPage { limit: Some(0), last: None }).await?;
        assert!(none.tags.is_empty() && !none.more);
        Ok(())
    }

    async fn referrers(&self) -> Result<(), Fault> {
        let subject = &self.image.root.digest;
        let empty = self.source.referrers(&self.repository, subject).await?;
        assert_eq!(entries(&empty), Vec::<String>::new(), "no referrers are an empty index");
        let digest = self.upstream.add_referrer("library/app", subject, "application/signature");
        let found = self.source.referrers(&self.repository, subject).await?;
        assert_eq!(entries(&found), [digest.to_string()]);
        Ok(())
    }
}

/// All bytes of a body, and the fault that ended it.
pub async fn drain(mut body: Body) -> (Bytes, Option<Fault>) {
    let mut bytes = Vec::new();
    while let Some(next) = body.stream.next().await {
        match next {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(fault) => return (bytes.into(), Some(fault)),
        }
    }
    (bytes.into(), None)
}

fn entries(index: &[u8]) -> Vec<String> {
    let index: serde_json::Value = serde_json::from_slice(index).unwrap_or_default();
    let entries = index["manifests"].as_array().cloned().unwrap_or_default();
    entries.iter().filter_map(|entry| Some(entry["digest"].as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ScriptedSource;

    struct InMemory(Arc<ScriptedSource>);

    impl Upstream for InMemory {
        fn source(&self) -> Arc<dyn Source> {
            Arc::clone(&self.0) as Arc<dyn Source>
        }
        fn add(&self, repository: &str, tag: &str, image: &FakeImage) {
            self.0.add(repository, tag, image);
        }
        fn add_referrer(&self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest {
            self.0.add_referrer(repository, subject, artifact_type)
        }
        fn trouble(&self, trouble: Option<Trouble>) {
            match trouble {
                Some(trouble) => self.0.trouble(trouble),
                None => self.0.heal(),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_scripted_source_conforms() {
        check(&InMemory(Arc::new(ScriptedSource::new("scripted")))).await.unwrap();
    }
}
