//! The commands on one sandbox, used alone and in bulk.

use domain::id::SandboxId;
use domain::sandbox::{Sandbox, TemplateRef};
use domain::time::Timestamp;

use crate::auth::Caller;
use crate::context::Api;
use crate::problem::Problem;

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Machines go, the home stays; a visit may start it again if `wake`.
    Stop {
        /// Whether a visit may start it.
        wake: bool,
    },
    /// Machines come back with the home.
    Start,
    /// A new, empty home, optionally with another template.
    Reset {
        /// What it is made from now on.
        template: Option<TemplateRef>,
    },
    /// The run ends later.
    Extend {
        /// When it is to end.
        until: Timestamp,
    },
    /// Everything goes.
    Delete,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) sandbox: Sandbox,
    /// The cap that an extension met.
    pub(crate) limited_by: Option<&'static str>,
}

impl Command {
    /// Does it to a sandbox that the caller may see.
    pub(crate) async fn run(
        &self,
        api: &Api,
        caller: &Caller,
        (id, if_generation): (&SandboxId, Option<u64>),
    ) -> Result<Done, Problem> {
        api.sandbox(caller, id).await?;
        let intent = api.store.intent();
        let sandbox = match self {
            Self::Stop { wake } => intent.stop(id, if_generation, *wake).await?,
            Self::Start => intent.start(id, if_generation).await?,
            Self::Reset { template } => intent.reset(id, if_generation, template.clone()).await?,
            Self::Delete => intent.delete(id, if_generation).await?,
            Self::Extend { until } => {
                let extended = intent.extend(id, if_generation, *until).await?;
                return Ok(Done { sandbox: extended.sandbox, limited_by: extended.limited_by });
            }
        };
        Ok(Done { sandbox, limited_by: None })
    }
}
