//! `region mirror unpin`.

use domain::time::Timestamp;
use registry_mirror::api::PinView;
use reqwest::Method;
use serde_json::{Value, json};

use super::MirrorAddress;
use crate::Error;
use crate::api::{Request, read};
use crate::command::Invocation;
use crate::output::table::table;

/// Whose pin to end.
#[derive(Debug, clap::Args)]
pub struct UnpinArgs {
    /// The image, such as debian:12
    #[arg(value_name = "IMAGE")]
    pub image: Option<String>,
    /// Which mirror.
    #[command(flatten)]
    pub mirror: MirrorAddress,
}

/// Ends a pin, or lists them.
pub(super) async fn run(invocation: &Invocation, args: &UnpinArgs) -> Result<(), Error> {
    let api = args.mirror.api(invocation)?;
    let Some(image) = &args.image else {
        let answer = api.get("/v1/pins").await?;
        let pins: Vec<PinView> = read("GET /v1/pins", &answer)?;
        return invocation.output.print(&answer, || human(&pins));
    };
    let request = Request { path: "/v1/pins", query: vec![("image", image.clone())], body: None };
    let _nothing: Value = api.ask(Method::DELETE, request).await?;
    invocation.output.print(&json!({ "unpinned": image }), || format!("{image} may go when room is needed"))
}

fn human(pins: &[PinView]) -> String {
    let rows = pins.iter().map(|pin| [pin.image.clone(), moment(pin)]);
    table(["image", "until"], rows.collect(), "no image is pinned")
}

fn moment(pin: &PinView) -> String {
    Timestamp::from_ms(i64::try_from(pin.until_ms).unwrap_or(i64::MAX)).to_string()
}
