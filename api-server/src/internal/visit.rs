//! Who asks from inside a sandbox's pages; the proxy has verified the cookie.

use domain::id::SandboxId;
use serde::Deserialize;

/// What a proxy says of a visitor who clicked.
#[derive(Debug, Deserialize)]
pub(super) struct Visit {
    /// Where.
    pub(super) sandbox: SandboxId,
    /// Who, as the cookie says.
    pub(super) user: String,
    /// What the user is there.
    pub(super) role: String,
}
