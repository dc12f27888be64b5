//! What the store's refusals mean to a caller.

use domain::field::FieldError;

use super::{Kind, Problem};

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::stored(error, Kind::SandboxNotFound)
    }
}

impl Problem {
    /// The problem of a store's error; `missing` is what "not found" means here.
    pub(crate) fn stored(error: store::Error, missing: Kind) -> Self {
        match error {
            store::Error::NotFound => Self::new(missing),
            store::Error::Conflict => Self::new(Kind::GenerationConflict),
            store::Error::RefTaken(other) => {
                let detail = format!("the ref names sandbox {other}, which was created by another request");
                let field = FieldError::new("ref", "is taken", "a ref of its own, or the first request");
                Self::new(Kind::RefTaken).detail(detail).errors(vec![field])
            }
            store::Error::NotRunning => Self::new(Kind::NotRunning),
            store::Error::QuotaExceeded(exceeded) => {
                Self::new(Kind::QuotaExceeded).detail(exceeded.to_string())
            }
            store::Error::Refused { field, message } => Self::fields(vec![FieldError {
                field: field.to_string(),
                message: message.to_string(),
                allowed: None,
            }]),
            store::Error::PositionGone => Self::new(Kind::CursorExpired),
            error @ store::Error::Unavailable { .. } => Self::new(Kind::StoreUnavailable).because(error),
            error @ store::Error::Corrupt { .. } => Self::new(Kind::Internal).because(error),
        }
    }
}
