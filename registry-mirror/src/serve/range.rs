//! Which bytes of a blob a request wants (RFC 9110, section 14).

use std::ops::Range;

/// What to answer to a `Range` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything: there is no range, or one that need not be followed.
    All,
    /// These bytes: 206.
    Part(Range<u64>),
    /// Nothing that exists: 416.
    Nothing,
}

/// Several ranges, other units and what is no range at all are answered in full, as the standard allows.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(set) = header.and_then(|header| header.strip_prefix("bytes=")) else { return Wanted::All };
    match set.trim().split_once('-') {
        Some(("", suffix)) => number(suffix).map_or(Wanted::All, |length| last(length, size)),
        Some((first, "")) => number(first).map_or(Wanted::All, |first| between(first, u64::MAX, size)),
        Some((first, last)) => match (number(first), number(last)) {
            (Some(first), Some(last)) => between(first, last, size),
            _ => Wanted::All,
        },
        None => Wanted::All,
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond 64 bits is beyond every blob.
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn last(length: u64, size: u64) -> Wanted {
    if length == 0 || size == 0 {
        return Wanted::Nothing;
    }
    Wanted::Part(size.saturating_sub(length)..size)
}

fn between(first: u64, last: u64, size: u64) -> Wanted {
    if first >= size || last < first {
        return Wanted::Nothing;
    }
    Wanted::Part(first..last.saturating_add(1).min(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_what_there_is() {
        for (header, part) in [
            ("bytes=500-1499", 500..1500),
            ("bytes=500-", 500..2048),
            ("bytes=-500", 1548..2048),
            ("bytes=-5000", 0..2048),
            ("bytes=2000-5000", 2000..2048),
            ("bytes=0-0", 0..1),
            ("bytes=0-99999999999999999999999", 0..2048),
        ] {
            assert_eq!(wanted(Some(header), 2048), Wanted::Part(part), "{header}");
        }
    }

    #[test]
    fn what_does_not_exist_is_unsatisfiable() {
        for header in ["bytes=500-0", "bytes=5000-10000", "bytes=2048-", "bytes=-0"] {
            assert_eq!(wanted(Some(header), 2048), Wanted::Nothing, "{header}");
        }
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::Nothing);
    }

    #[test]
    fn everything_else_is_answered_in_full() {
        for header in
            ["bytes=0-1,4-5", "items=0-1", "bytes=a-b", "bytes=1", "bytes=", "bytes=-", "bytes=+1-2"]
        {
            assert_eq!(wanted(Some(header), 2048), Wanted::All, "{header}");
        }
        assert_eq!(wanted(None, 2048), Wanted::All);
    }
}
