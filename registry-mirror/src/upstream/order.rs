//! Asking several upstreams in turn.

use std::future::Future;
use std::sync::Arc;

use crate::source::{Fault, Source};

/// Asks the sources in their order until one answers. When none does, the fault that leaves most hope: one
/// that may pass before one that is permanent, and `Absent` only if all said so.
///
/// # Errors
/// That fault; [`Fault::Absent`] when there is no source at all.
pub async fn in_order<T, F>(
    sources: &[Arc<dyn Source>],
    ask: impl Fn(Arc<dyn Source>) -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut best = Fault::Absent { source_name: "no upstream".to_owned() };
    for source in sources {
        match ask(source.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(fault) if hope(&fault) >= hope(&best) => best = fault,
            Err(_) => {}
        }
    }
    Err(best)
}

const fn hope(fault: &Fault) -> u8 {
    match fault {
        Fault::Absent { .. } => 0,
        Fault::Denied { .. } => 1,
        Fault::Corrupt { .. } => 2,
        Fault::Unavailable { .. } => 3,
        Fault::Limited { .. } => 4,
        Fault::NoRoom { .. } | Fault::Local { .. } => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Repository;
    use crate::testing::{FakeImage, ImageSpec, ScriptedSource, Trouble};

    async fn ask(troubles: &[Option<Trouble>]) -> Result<String, Fault> {
        let image = FakeImage::new(&ImageSpec::new(1, &[]));
        let repository: Repository = "a".parse().unwrap();
        let made = troubles.iter().enumerate().map(|(number, trouble)| {
            let source = ScriptedSource::new(&number.to_string());
            match trouble {
                Some(Trouble::NoHead) => {}
                Some(trouble) => source.trouble(trouble.clone()),
                None => source.add("a", "1", &image),
            }
            Arc::new(source) as Arc<dyn Source>
        });
        let sources: Vec<Arc<dyn Source>> = made.collect();
        let tag = "1".parse().unwrap();
        let answer = in_order(&sources, async |source| {
            source.head(&repository, &tag).await.map(|_| source.name().to_owned())
        });
        answer.await
    }

    #[tokio::test]
    async fn the_first_that_answers_is_taken_and_the_best_fault_told() {
        // One that is empty stands for `Absent`.
        let (good, absent) = (None, Some(Trouble::NoHead));
        let (down, denied) = (Some(Trouble::Down), Some(Trouble::Denied));
        assert_eq!(ask(&[down.clone(), absent.clone(), good.clone(), good]).await.unwrap(), "2");
        let unavailable = ask(&[absent.clone(), down, denied.clone()]).await;
        assert!(matches!(unavailable, Err(Fault::Unavailable { .. })), "{unavailable:?}");
        let denied = ask(&[absent.clone(), denied, absent.clone()]).await;
        assert!(matches!(denied, Err(Fault::Denied { .. })), "{denied:?}");
        assert!(matches!(ask(&[absent]).await, Err(Fault::Absent { .. })));
        assert!(matches!(ask(&[]).await, Err(Fault::Absent { .. })));
    }
}
