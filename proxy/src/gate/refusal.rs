//! Why a request is refused before anything reads it.

use http::StatusCode;

/// What is wrong with the bytes of a request. Two readers could take such a request for two different ones, so it is
/// answered and its connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BareLineEnd,
    ControlCharacter,
    Malformed,
    HeadTooLarge,
    HeadTooSlow,
    Method,
    Target,
    Host,
    HostDiffers,
    Length,
    Coding,
    LengthAndCoding,
    CodingInOldVersion,
    UpgradeWithBody,
}

impl Refusal {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::BareLineEnd => {
                "the head of the request has a line that does not end in CR LF; end each with CR LF"
            }
            Self::ControlCharacter => "the head of the request has a control character; leave it out",
            Self::Malformed => "the head of the request is not HTTP/1.1; see RFC 9112",
            Self::HeadTooLarge => "the head of the request is too large; send fewer or shorter headers",
            Self::HeadTooSlow => "the head of the request came too slowly; send it within some seconds",
            Self::Method => "CONNECT and TRACE are not served; use another method",
            Self::Target => "the request target must be a path that begins with '/', without '#'",
            Self::Host => "exactly one Host header with a host name is needed",
            Self::HostDiffers => {
                "the host of the request target differs from the Host header; send only one of them"
            }
            Self::Length => "Content-Length must stand once and be a number of digits only",
            Self::Coding => "Transfer-Encoding must stand once and be 'chunked'",
            Self::LengthAndCoding => "Content-Length and Transfer-Encoding exclude each other; send one",
            Self::CodingInOldVersion => "HTTP/1.0 has no Transfer-Encoding; send HTTP/1.1",
            Self::UpgradeWithBody => "a request to upgrade must have no body",
        }
    }
}
