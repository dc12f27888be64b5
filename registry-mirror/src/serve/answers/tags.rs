//! `GET /v2/<name>/tags/list`.

use form_urlencoded::Serializer;
use serde_json::json;

use super::super::patience::Ended;
use super::super::response::Response;
use super::super::route::Tags;
use super::Question;
use crate::name::ImageName;
use crate::source::TagList;

impl Question<'_> {
    pub(super) async fn tags(&self, image: &ImageName, tags: &Tags) -> Result<Response, Ended> {
        let list = match tags.page.limit {
            // The specification wants an empty list without a link.
            Some(0) => TagList::default(),
            _ => self.ask(|| self.pull.tags(image, &tags.page)).await?,
        };
        let body = json!({ "name": tags.name, "tags": list.tags }).to_string();
        let response = Response::full("application/json", body);
        Ok(match next(tags, &list, self.namespace) {
            Some(link) => response.with("Link", link),
            None => response,
        })
    }
}

/// Leads to the next page here, never to the upstream.
fn next(tags: &Tags, list: &TagList, namespace: Option<&str>) -> Option<String> {
    let last = list.tags.last().filter(|_| list.more)?;
    let mut query = Serializer::new(String::new());
    if let Some(limit) = tags.page.limit {
        query.append_pair("n", &limit.to_string());
    }
    query.append_pair("last", last);
    if let Some(namespace) = namespace {
        query.append_pair("ns", namespace);
    }
    Some(format!("</v2/{}/tags/list?{}>; rel=\"next\"", tags.name, query.finish()))
}
