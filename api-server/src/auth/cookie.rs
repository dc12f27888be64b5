//! The console's session cookie.

use http::HeaderMap;
use http::header::COOKIE;

use crate::limits::CONSOLE_SESSION_S;

/// Its name. Without the `__Host-` prefix, which plain http on a laptop could not have.
const CONSOLE_COOKIE: &str = "qj-console";

/// The `Set-Cookie` value of a new session. Only our own pages send it, and no script reads it.
pub(crate) fn session_cookie(token: &str, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!(
        "{CONSOLE_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={CONSOLE_SESSION_S}{secure}"
    )
}

/// The `Set-Cookie` value that makes a browser forget its session.
pub(crate) fn ended_cookie() -> String {
    format!("{CONSOLE_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// The session that a request carries.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == CONSOLE_COOKIE).map(|(_, token)| token)
}
