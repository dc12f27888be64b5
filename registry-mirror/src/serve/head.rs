//! The head of a request: where it ends, and the few things of it that matter here.

/// The largest head, in bytes.
pub(super) const HEAD_MAX_BYTES: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
const REQUEST_ID_MAX_BYTES: usize = 64;

/// The methods that a pull needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
}

/// What of a request matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) range: Option<String>,
    pub(super) if_range: Option<String>,
    pub(super) if_none_match: Option<String>,
    pub(super) request_id: Option<String>,
    /// Whether the client wants to send another request on this connection.
    pub(super) keep_alive: bool,
}

/// Why the bytes are no request that is served here. The connection ends: what follows cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Neither GET nor HEAD.
    Method,
    /// More than [`HEAD_MAX_BYTES`] or too many headers.
    TooLarge,
    /// A body comes with it.
    Body,
    /// It did not come in time.
    TooSlow,
    /// Not HTTP/1.x as the standard writes it.
    Malformed,
}

/// Where a head ends in `bytes`, looking from `from` on.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(3);
    let found = bytes.get(from..)?.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(from + found + 4)
}

/// Reads a whole head.
pub(super) fn parse(head: &[u8]) -> Result<Request, Refusal> {
    if has_bare_line_end(head) {
        return Err(Refusal::Malformed);
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Ok(httparse::Status::Partial) | Err(_) => return Err(Refusal::Malformed),
    }
    let method = method(request.method.unwrap_or_default())?;
    let target = request.path.unwrap_or_default().to_owned();
    let is_old = request.version == Some(0);
    let headers = Headers(request.headers);
    headers.check(is_old)?;
    Ok(Request {
        method,
        target,
        range: headers.only("range"),
        if_range: headers.only("if-range"),
        if_none_match: headers.only("if-none-match"),
        request_id: headers.only("x-request-id").filter(|id| is_good_id(id)),
        keep_alive: !is_old && !headers.says("connection", "close"),
    })
}

/// Line ends that readers disagree about.
fn has_bare_line_end(head: &[u8]) -> bool {
    let bare_feed =
        head.iter().enumerate().any(|(at, byte)| *byte == b'\n' && (at == 0 || head[at - 1] != b'\r'));
    bare_feed || head.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
}

fn method(name: &str) -> Result<Method, Refusal> {
    match name {
        "GET" => Ok(Method::Get),
        "HEAD" => Ok(Method::Head),
        _ => Err(Refusal::Method),
    }
}

fn is_good_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=REQUEST_ID_MAX_BYTES).contains(&id.len()) && id.bytes().all(fits)
}

struct Headers<'h, 'b>(&'h [httparse::Header<'b>]);

impl Headers<'_, '_> {
    fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s [u8]> {
        self.0.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    }

    /// The text of a header that stands exactly once.
    fn only(&self, name: &str) -> Option<String> {
        let mut found = self.all(name);
        let value = found.next().filter(|_| found.next().is_none())?;
        std::str::from_utf8(value).ok().map(|text| text.trim().to_owned())
    }

    fn says(&self, name: &str, word: &str) -> bool {
        let is_word = |part: &[u8]| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
        self.all(name).any(|value| value.split(|byte| *byte == b',').any(is_word))
    }

    fn check(&self, is_old: bool) -> Result<(), Refusal> {
        if self.all("transfer-encoding").next().is_some() {
            return Err(Refusal::Body);
        }
        if self.all("content-length").any(|length| length.trim_ascii() != b"0") {
            return Err(Refusal::Body);
        }
        let hosts = self.all("host").count();
        if hosts > 1 || (hosts == 0 && !is_old) {
            return Err(Refusal::Malformed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(head: &str) -> Refusal {
        parse(head.as_bytes()).unwrap_err()
    }

    #[test]
    fn reads_what_matters() {
        let head = "HEAD /v2/ HTTP/1.1\r\nHost: m\r\nRANGE: bytes=1-\r\nX-Request-Id: a-1\r\nConnection: te, Close\r\n\r\n";
        let request = parse(head.as_bytes()).unwrap();
        assert_eq!((request.method, &*request.target), (Method::Head, "/v2/"));
        assert_eq!(request.range.as_deref(), Some("bytes=1-"));
        assert_eq!(request.request_id.as_deref(), Some("a-1"));
        assert!(!request.keep_alive);
    }

    #[test]
    fn finds_the_end_wherever_the_bytes_were_cut() {
        let bytes = b"GET / HTTP/1.1\r\n\r\nGET";
        for seen in 0..18 {
            assert_eq!(find_end(bytes, seen), Some(18), "{seen}");
        }
        assert_eq!(find_end(&bytes[..17], 0), None);
    }

    #[test]
    fn refuses_other_methods_bodies_and_what_readers_disagree_about() {
        assert_eq!(refused("PUT / HTTP/1.1\r\nHost: m\r\nContent-Length: 5\r\n\r\n"), Refusal::Method);
        for body in
            ["Content-Length: 1", "Transfer-Encoding: chunked", "Content-Length: 0\r\nContent-Length: 7"]
        {
            assert_eq!(
                refused(&format!("GET / HTTP/1.1\r\nHost: m\r\n{body}\r\n\r\n")),
                Refusal::Body,
                "{body}"
            );
        }
        for bad in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        ] {
            assert_eq!(refused(bad), Refusal::Malformed, "{bad:?}");
        }
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken() {
        let head = "GET / HTTP/1.1\r\nHost: m\r\nX-Request-Id: a b\r\n\r\n";
        assert_eq!(parse(head.as_bytes()).unwrap().request_id, None);
    }
}
