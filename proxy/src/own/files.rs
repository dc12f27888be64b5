//! `/_qj/files`: the agent's files, for the terminal page.

use domain::template::AppKind;
use form_urlencoded::{Serializer, parse};
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Request, Response};
use hyper::body::Incoming;

use crate::body::Body;
use crate::errand;
use crate::problem::Problem;
use crate::visit::Visit;

/// What a visitor may say to the agent about files.
const PARAMETERS: [&str; 2] = ["path", "recursive"];

pub(super) async fn answer(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    if visit.app.kind != AppKind::Terminal {
        return Err(Problem::unknown_path());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::PUT | Method::DELETE) {
        return Err(Problem::method("GET, HEAD, PUT, DELETE"));
    }
    visit.claims()?;
    visit.beat();
    let path = agent_path(request.uri().query().unwrap_or_default())?;
    let mut response = errand::forward(visit, request, &path).await?;
    // A file of the machine must not become a page with our visitor's rights.
    let headers = response.headers_mut();
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn agent_path(query: &str) -> Result<String, Problem> {
    let known = parse(query.as_bytes()).filter(|(name, _)| PARAMETERS.contains(&name.as_ref()));
    let mut parameters = Serializer::new(String::new());
    let mut has_path = false;
    for (name, value) in known {
        has_path |= name == "path";
        parameters.append_pair(&name, &value);
    }
    if has_path {
        Ok(format!("/files?{}", parameters.finish()))
    } else {
        Err(Problem::bad_request("the parameter `path` is missing; name the file or folder by it"))
    }
}

#[cfg(test)]
mod tests {
    use super::agent_path;

    #[test]
    fn only_known_parameters_pass_and_are_written_anew() {
        assert_eq!(agent_path("path=a%20b/../c&x=1").unwrap(), "/files?path=a+b%2F..%2Fc");
        assert_eq!(
            agent_path("path=%E4%BD%A0&recursive=true").unwrap(),
            "/files?path=%E4%BD%A0&recursive=true"
        );
        assert!(agent_path("recursive=true").is_err());
    }
}
