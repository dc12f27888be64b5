//! `/_qj/terminal`: the agent's terminal of this app.

use domain::template::AppKind;
use form_urlencoded::Serializer;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::Body;
use crate::headers;
use crate::problem::Problem;
use crate::upgrade;
use crate::visit::Visit;

pub(super) async fn answer(visit: &Visit, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
    if visit.app.kind != AppKind::Terminal {
        return Err(Problem::unknown_path());
    }
    visit.claims()?;
    if !headers::wants_upgrade(request.headers()) {
        let detail = "this is a WebSocket; send a handshake";
        return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", detail));
    }
    upgrade::to_agent(visit, request, &agent_path(visit)).await
}

/// Tabs share the session that is named after the app; what it runs is the template's word, never the visitor's.
fn agent_path(visit: &Visit) -> String {
    let mut parameters = Serializer::new(String::new());
    parameters.append_pair("session", visit.app.name.as_str());
    for argument in visit.app.command.iter().flatten() {
        parameters.append_pair("cmd", argument);
    }
    format!("/terminal?{}", parameters.finish())
}
