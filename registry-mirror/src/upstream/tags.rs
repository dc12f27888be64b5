//! Lists of tags.

use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use crate::name::Repository;
use crate::source::{Fault, TagList, TagPage};

use super::HttpSource;
use super::answer::unavailable;
use super::ask::Ask;

const TAGS_MAX_BYTES: u64 = 8 * 1024 * 1024;

#[derive(Deserialize)]
struct TagsAnswer {
    /// Some upstreams say `null` for none.
    tags: Option<Vec<String>>,
}

impl HttpSource {
    pub(super) async fn list_tags(&self, repository: &Repository, page: &TagPage) -> Result<TagList, Fault> {
        if page.limit == Some(0) {
            return Ok(TagList::default());
        }
        let _turn = self.turn().await?;
        let mut url = self.url(repository, "tags/list");
        if let Some(limit) = page.limit {
            url.query_pairs_mut().append_pair("n", &limit.to_string());
        }
        if let Some(last) = &page.last {
            url.query_pairs_mut().append_pair("last", last.as_str());
        }
        let answer = self.exchange.ask_again(&Ask::get(url, repository, "application/json")).await?;
        let more = next_page(answer.response.headers()).is_some();
        let body = self.exchange.collect(answer, TAGS_MAX_BYTES).await?;
        let answer: TagsAnswer = serde_json::from_slice(&body)
            .map_err(|_| unavailable(&self.exchange.name, "a list of tags that cannot be read"))?;
        Ok(cut(answer.tags.unwrap_or_default(), page.limit, more))
    }
}

/// The page as it was asked for: an upstream may ignore the limit.
fn cut(mut tags: Vec<String>, limit: Option<u32>, more: bool) -> TagList {
    let limit = limit.map_or(usize::MAX, |limit| limit as usize);
    let more = more || tags.len() > limit;
    tags.truncate(limit);
    TagList { tags, more }
}

/// Where the next page is: the `Link` with `rel="next"`.
pub(super) fn next_page(headers: &HeaderMap) -> Option<&str> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|text| text.split(',')).find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let parameters = parameters.to_ascii_lowercase();
        let is_next =
            parameters.split(';').map(str::trim).any(|one| matches!(one, "rel=next" | "rel=\"next\""));
        is_next.then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_page() {
        let of = |text: &str| {
            let headers = HeaderMap::from_iter([(LINK, text.parse().unwrap())]);
            next_page(&headers).map(str::to_owned)
        };
        assert_eq!(of(r#"</v2/a/tags/list?n=1&last=b>; rel="next""#).unwrap(), "/v2/a/tags/list?n=1&last=b");
        assert_eq!(of(r#"</a>; rel="prev", </b>; rel=next"#).unwrap(), "/b");
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn an_upstream_that_ignores_the_limit_is_cut() {
        let tags = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(cut(tags(), Some(1), false), TagList { tags: vec!["a".to_owned()], more: true });
        assert_eq!(cut(tags(), None, false), TagList { tags: tags(), more: false });
    }
}
