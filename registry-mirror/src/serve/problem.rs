//! Everything the pull API says no to, in the form and with the codes of the distribution specification.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::json;

use super::endpoint::Endpoint;
use super::head::Refusal;
use super::status::Status;
use crate::source::Fault;

/// How long a client should wait when nobody knows better, in seconds.
const RETRY_AFTER_S: u64 = 5;
/// The longest wait that is advised, in seconds.
const RETRY_AFTER_MAX_S: u64 = 3600;

/// The closed list of error codes; those after `Unsupported` are common use beyond the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    BlobUnknown,
    DigestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    Denied,
    Unsupported,
    PaginationNumberInvalid,
    BadRequest,
    Unavailable,
}

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::PaginationNumberInvalid => "PAGINATION_NUMBER_INVALID",
            Self::BadRequest => "BAD_REQUEST",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: Status,
    pub(super) code: Code,
    pub(super) message: Cow<'static, str>,
    pub(super) retry_after_s: Option<u64>,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
}

impl Problem {
    pub(super) fn new(status: Status, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), retry_after_s: None, closes: false }
    }

    /// The answer when the mirror has not come to one before the client's patience ends.
    pub(super) fn too_slow() -> Self {
        let message = "the upstream has not answered in time; the download goes on, ask again";
        Self::new(Status::GatewayTimeout, Code::Unavailable, message)
    }

    pub(super) fn unknown_registry() -> Self {
        let message =
            "this registry is not mirrored here; add it to the mirror's upstreams, or pull from it directly";
        Self::new(Status::NotFound, Code::NameUnknown, message)
    }

    /// The head of the request was none that is served.
    pub(super) fn refused(refusal: Refusal) -> Self {
        let (status, code, message) = match refusal {
            Refusal::Method => (
                Status::MethodNotAllowed,
                Code::Unsupported,
                "this is a mirror for pulling: only GET and HEAD are served; push to the registry itself",
            ),
            Refusal::TooLarge => (
                Status::HeadersTooLarge,
                Code::BadRequest,
                "the request's head is too large; at most 64 headers in 16 KiB are read",
            ),
            Refusal::Body => {
                (Status::BadRequest, Code::BadRequest, "a request to a mirror has no body; send none")
            }
            Refusal::TooSlow => {
                (Status::RequestTimeout, Code::BadRequest, "the request's head did not come in time")
            }
            Refusal::Malformed => (
                Status::BadRequest,
                Code::BadRequest,
                "the request is not HTTP/1.1 with exactly one Host header",
            ),
        };
        Self { closes: true, ..Self::new(status, code, message) }
    }

    /// What a node is told of a fault. Anything but 404 sends it to the upstream itself, so 404 is only for
    /// what is not there. Never 401: it would make a node look for credentials of the mirror. Never 429:
    /// containerd repeats it at once, five times.
    pub(super) fn of_fault(fault: &Fault, endpoint: Endpoint) -> Self {
        let message = fault.to_string();
        match fault {
            Fault::Absent { .. } => Self::new(Status::NotFound, absent(endpoint), message),
            Fault::Denied { .. } => Self::new(Status::Forbidden, Code::Denied, message),
            Fault::Limited { retry_after, .. } => {
                let problem = Self::new(Status::ServiceUnavailable, Code::Unavailable, message);
                Self { retry_after_s: Some(advised_s(*retry_after)), ..problem }
            }
            Fault::Unavailable { .. } | Fault::Corrupt { .. } => {
                Self::new(Status::BadGateway, Code::Unavailable, message)
            }
            Fault::NoRoom { .. } => {
                let message = "the mirror has no room for this; pull from the registry itself";
                let problem = Self::new(Status::ServiceUnavailable, Code::Unavailable, message);
                Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
            }
            Fault::Local { .. } => {
                // The reason names files and is the operator's to read, in the log.
                let message = "the mirror cannot keep content at the moment; pull from the registry itself";
                let problem = Self::new(Status::ServiceUnavailable, Code::Unavailable, message);
                Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
            }
        }
    }

    /// The body.
    pub(super) fn to_json(&self, request_id: &str) -> String {
        let detail = json!({ "request_id": request_id });
        let error = json!({ "code": self.code.as_str(), "message": self.message, "detail": detail });
        json!({ "errors": [error] }).to_string()
    }
}

const fn absent(endpoint: Endpoint) -> Code {
    match endpoint {
        Endpoint::Manifest => Code::ManifestUnknown,
        Endpoint::Blob => Code::BlobUnknown,
        Endpoint::Tags | Endpoint::Referrers | Endpoint::Ping | Endpoint::Other => Code::NameUnknown,
    }
}

fn advised_s(retry_after: Option<Duration>) -> u64 {
    retry_after.map_or(RETRY_AFTER_S, |wait| wait.as_secs().clamp(1, RETRY_AFTER_MAX_S))
}
