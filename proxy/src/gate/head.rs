//! One head of a request: where it ends, whether it can be read in one way only, and what follows it.

use super::Refusal;
use super::chunks::Chunks;
use super::framing::Framing;

/// As many as hyper reads.
const HEADERS_MAX: usize = 100;
/// More digits than any body has, and fewer than overflow.
const LENGTH_DIGITS_MAX: usize = 18;

/// Looks for the end of a head in `bytes`, from `from` on, and refuses bytes that readers disagree about: lines
/// that don't end in CR LF, and control characters.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Result<Option<usize>, Refusal> {
    for at in from..bytes.len() {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        match bytes[at] {
            b'\n' if before != Some(b'\r') => return Err(Refusal::BareLineEnd),
            b'\n' if bytes[..=at].ends_with(b"\r\n\r\n") => return Ok(Some(at + 1)),
            b'\n' => {}
            _ if before == Some(b'\r') => return Err(Refusal::BareLineEnd),
            b'\r' | b'\t' => {}
            control if control < b' ' || control == 0x7f => return Err(Refusal::ControlCharacter),
            _ => {}
        }
    }
    Ok(None)
}

/// Judges a whole head; answers how the bytes behind it are framed.
pub(super) fn judge(head: &[u8]) -> Result<Framing, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Refusal::Malformed),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        Err(_) => return Err(Refusal::Malformed),
    }
    if matches!(request.method, Some("CONNECT" | "TRACE")) {
        return Err(Refusal::Method);
    }
    let host = only(request.headers, "host").ok_or(Refusal::Host)?;
    check_host(host)?;
    check_target(request.path.unwrap_or_default(), host)?;
    framing(request.headers, request.version)
}

/// The value of a header that stands exactly once.
fn only<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a [u8]> {
    let mut found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    found.next().filter(|_| found.next().is_none()).map(|header| header.value)
}

fn has(headers: &[httparse::Header<'_>], name: &str) -> bool {
    headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
}

fn check_host(host: &[u8]) -> Result<(), Refusal> {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.is_empty() || !host.iter().all(fits) { Err(Refusal::Host) } else { Ok(()) }
}

/// Only paths; a whole URL when it names the same host.
fn check_target(target: &str, host: &[u8]) -> Result<(), Refusal> {
    if target.contains('#') {
        return Err(Refusal::Target);
    }
    if target.starts_with('/') {
        return Ok(());
    }
    let (scheme, rest) = target.split_once("://").ok_or(Refusal::Target)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(Refusal::Target);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.as_bytes().eq_ignore_ascii_case(host) { Ok(()) } else { Err(Refusal::HostDiffers) }
}

fn framing(headers: &[httparse::Header<'_>], version: Option<u8>) -> Result<Framing, Refusal> {
    let framing = match (has(headers, "content-length"), has(headers, "transfer-encoding")) {
        (true, true) => return Err(Refusal::LengthAndCoding),
        (true, false) => length(headers)?,
        (false, true) => coding(headers, version)?,
        (false, false) => Framing::Head,
    };
    match (asks_for_upgrade(headers), framing) {
        (false, framing) => Ok(framing),
        (true, Framing::Head) => Ok(Framing::Raw),
        (true, _) => Err(Refusal::UpgradeWithBody),
    }
}

fn length(headers: &[httparse::Header<'_>]) -> Result<Framing, Refusal> {
    let value = only(headers, "content-length").ok_or(Refusal::Length)?;
    let digits = (1..=LENGTH_DIGITS_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| digits).ok_or(Refusal::Length)?;
    match text.parse().map_err(|_| Refusal::Length)? {
        0 => Ok(Framing::Head),
        length => Ok(Framing::Length(length)),
    }
}

fn coding(headers: &[httparse::Header<'_>], version: Option<u8>) -> Result<Framing, Refusal> {
    if version != Some(1) {
        return Err(Refusal::CodingInOldVersion);
    }
    let value = only(headers, "transfer-encoding").ok_or(Refusal::Coding)?;
    if value.eq_ignore_ascii_case(b"chunked") {
        Ok(Framing::Chunks(Chunks::default()))
    } else {
        Err(Refusal::Coding)
    }
}

/// Behind such a head come the bytes of another protocol, or nothing: an answer that is no upgrade closes the
/// connection. An upgrade to HTTP/2 in clear text is not asked of us in earnest by anybody and is ignored.
fn asks_for_upgrade(headers: &[httparse::Header<'_>]) -> bool {
    crate::headers::asks_for_upgrade(values(headers, "connection"), values(headers, "upgrade"))
}

fn values<'a>(headers: &[httparse::Header<'a>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}
