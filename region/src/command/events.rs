//! `region events`.

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::Value;

use super::Invocation;
use crate::api::events::Parser;
use crate::api::view::{Event, Listed};
use crate::api::{Api, Request, read};
use crate::output::age::clock_time;
use crate::{Error, language::Language};

/// What to show of the log.
#[derive(Debug, clap::Args)]
pub struct EventsArgs {
    /// Go on after this position, such as E7.1042 [default: the oldest that is kept]
    #[arg(long, value_name = "POSITION")]
    pub after: Option<String>,

    /// Most events
    #[arg(long, default_value_t = 50)]
    pub limit: u32,

    /// Go on with what happens from now on, or after --after
    #[arg(long, short)]
    pub follow: bool,
}

/// Prints events.
pub(crate) async fn run(invocation: &Invocation, args: EventsArgs) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    if args.follow { follow(invocation, &api, args.after).await } else { list(invocation, &api, args).await }
}

async fn list(invocation: &Invocation, api: &Api, args: EventsArgs) -> Result<(), Error> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.after.map(|after| ("after", after)));
    let answer = api.ask(Method::GET, Request { path: "/v1/events", query, body: None }).await?;
    let listed: Listed = read("GET /v1/events", &answer)?;
    if invocation.output.json {
        return invocation.output.print(&answer, String::new);
    }
    for event in &listed.items {
        print(invocation, event)?;
    }
    Ok(())
}

/// A watch ends when its api-server is replaced; it goes on from where it was.
async fn follow(invocation: &Invocation, api: &Api, after: Option<String>) -> Result<(), Error> {
    let mut after = match after {
        Some(after) => after,
        None => present(api).await?,
    };
    loop {
        match watch(invocation, api, &mut after).await {
            Err(error) if !error.will_pass() => return Err(error),
            Ok(()) | Err(_) => invocation.output.remark("the watch was cut; going on from where it was"),
        }
        tokio::time::sleep(RECONNECT_PAUSE).await;
    }
}

/// The position of the newest event.
async fn present(api: &Api) -> Result<String, Error> {
    let request = "GET /v1/sandboxes";
    let answer = api.get("/v1/sandboxes?limit=1").await?;
    read(request, &answer["position"])
}

/// Prints events until the watch ends, and keeps the position of the last.
async fn watch(invocation: &Invocation, api: &Api, after: &mut String) -> Result<(), Error> {
    let query = vec![("after", after.clone())];
    let request = api.request(Method::GET, &Request { path: "/v1/events/watch", query, body: None });
    let response = api.send(request.header("accept", "text/event-stream")).await?;
    let mut parser = Parser::default();
    let mut bytes = response.bytes_stream();
    while let Some(Ok(chunk)) = bytes.next().await {
        for data in parser.push(&chunk).map_err(|error| Error::Failed(error.to_string()))? {
            let Ok(event) = serde_json::from_str::<Value>(&data) else { continue };
            print(invocation, &event)?;
            if let Some(position) = event["position"].as_str() {
                position.clone_into(after);
            }
        }
    }
    Ok(())
}

/// Between the end of a watch and the next.
const RECONNECT_PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

fn print(invocation: &Invocation, event: &Value) -> Result<(), Error> {
    invocation.output.print_line(event, || match read::<Event>("event", event) {
        Ok(event) => human(&event, invocation.language),
        Err(_) => event.to_string(),
    })
}

/// One event as one line.
fn human(event: &Event, language: Language) -> String {
    let head = format!("{}  {:<9} {:<18}", clock_time(event.at), event.position, event.r#type);
    let Some(sandbox) = &event.sandbox else {
        return format!("{head} {}", event.subject.as_ref().map(Value::to_string).unwrap_or_default())
            .trim_end()
            .to_owned();
    };
    let cause = sandbox.cause.as_ref().map_or("", |cause| cause.text.pick(language));
    // A change of something else than the phase says what it was.
    let others: Vec<&str> =
        event.changed.iter().map(String::as_str).filter(|field| *field != "phase").collect();
    format!("{head} {}  {:<12} {}  {cause}", sandbox.id, sandbox.phase, others.join(", "))
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let event = serde_json::json!({"position":"E1.7","type":"template.published","at":"2026-09-01T08:00:05Z","changed":[],
            "sequence":1,"subject":{"name":"lab"}});
        let event: Event = read("", &event).unwrap();
        assert_eq!(human(&event, Language::En), r#"08:00:05  E1.7      template.published {"name":"lab"}"#);
    }
}
