//! Files of a machine, streamed to and from its agent.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod put;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use domain::id::SandboxId;
use domain::token::Verb;
use http::request::Parts;
use http::{Method, Request};

use crate::agent::{self, Answer, door};
use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Kind, Problem};

/// The path of the home itself.
const HOME: &str = ".";

/// A file of a machine.
#[derive(Debug)]
pub(crate) struct File {
    sandbox: SandboxId,
    machine: String,
    path: String,
}

impl FromRequestParts<Api> for File {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let names = Path::<Vec<String>>::from_request_parts(parts, api).await;
        let Path(names) = names.map_err(|_| Problem::new(Kind::FileNotFound))?;
        let mut names = names.into_iter();
        let (Some(sandbox), Some(machine)) = (names.next(), names.next()) else {
            return Err(Kind::FileNotFound.into());
        };
        let sandbox = sandbox.parse().map_err(|_| Problem::new(Kind::SandboxNotFound))?;
        Ok(Self { sandbox, machine, path: names.next().unwrap_or_else(|| HOME.to_owned()) })
    }
}

/// Asks the machine's agent, and turns its refusal into a problem. It counts as no activity: files may be read by
/// programs all night.
async fn ask(api: &Api, caller: &Caller, file: &File, call: Call) -> Result<Answer, Problem> {
    let sandbox = api.sandbox(caller, &file.sandbox).await?;
    let door = door(api, &sandbox, Some(&file.machine), Verb::Files)?;
    let answer = agent::call(&door, call.request(&file.path)?).await?;
    if answer.status().is_success() { Ok(answer) } else { Err(agent::refusal(answer).await) }
}

/// What the agent is asked to do with a path.
struct Call {
    method: Method,
    body: Body,
    recursive: bool,
}

impl Call {
    fn request(self, path: &str) -> Result<Request<Body>, Problem> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("path", path);
        if self.recursive {
            query.append_pair("recursive", "true");
        }
        let uri = format!("/files?{}", query.finish());
        let request = Request::builder().method(self.method).uri(uri).body(self.body);
        request.map_err(|error| Problem::new(Kind::Internal).because(error))
    }
}
