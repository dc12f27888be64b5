//! The endpoints of the pull API, as metrics and error codes name them.

use prometheus_client::encoding::EncodeLabelValue;

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum Endpoint {
    Ping,
    Manifest,
    Blob,
    Tags,
    Referrers,
    /// No endpoint, or the request could not be read.
    Other,
}
