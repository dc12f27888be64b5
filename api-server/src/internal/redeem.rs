//! `POST /internal/redeem`: a ticket becomes a cookie, once.

use axum::Json;
use axum::extract::State;
use domain::id::{AppName, SandboxId};
use domain::route::Route;
use domain::token::CookieClaims;
use serde::{Deserialize, Serialize};
use store::{Ticket, TicketError};

use super::route::current;
use crate::auth::{Role, hash_of};
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Kind, Problem};

#[derive(Deserialize)]
struct Redeem {
    ticket: String,
    sandbox: SandboxId,
    app: AppName,
}

#[derive(Serialize)]
pub(super) struct Redeemed {
    cookie: String,
    max_age_s: u64,
    route: Route,
}

pub(super) async fn handler(
    State(api): State<Api>,
    _role: Role,
    sent: Sent,
) -> Result<Json<Redeemed>, Problem> {
    let asked: Redeem = sent.read()?;
    let redeemed = api.store.tickets().redeem(&hash_of(&asked.ticket)).await;
    let ticket = redeemed.map_err(refused)?;
    // A ticket shown at another door is spent all the same: whoever did that was not its owner.
    if ticket.sandbox != asked.sandbox || ticket.app != asked.app {
        return Err(Kind::TicketUnknown.into());
    }
    let route = current(&api, &ticket.sandbox).await?;
    if route.access_epoch != ticket.access_epoch {
        return Err(Kind::TicketExpired.into());
    }
    let max_age_s = api.config.cookie_s;
    let cookie = cookie(&api, ticket, max_age_s);
    Ok(Json(Redeemed { cookie, max_age_s, route: Route::clone(&route) }))
}

fn cookie(api: &Api, ticket: Ticket, max_age_s: u64) -> String {
    api.signer.sign(&CookieClaims {
        sbx: ticket.sandbox,
        app: ticket.app,
        usr: ticket.user,
        rol: ticket.role,
        epo: ticket.access_epoch,
        exp: api.clock.now().plus_s(max_age_s).seconds(),
    })
}

fn refused(error: TicketError) -> Problem {
    match error {
        TicketError::Unknown => Kind::TicketUnknown.into(),
        TicketError::Spent => Kind::TicketSpent.into(),
        TicketError::Expired => Kind::TicketExpired.into(),
        TicketError::Store(error) => error.into(),
    }
}
