//! Spans of time in few characters.

use std::time::Duration;

use domain::time::Timestamp;

/// A span as one or two units, such as `45s`, `3m`, `2h 5m` or `4d`.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=3599 => format!("{minutes}m"),
        3600..=86_399 if minutes % 60 > 0 => format!("{hours}h {}m", minutes % 60),
        3600..=172_799 => format!("{hours}h"),
        _ => format!("{days}d"),
    }
}

/// How long ago something was.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    span(now.since(then))
}

/// A moment for a narrow column: hours, minutes and seconds of its RFC 3339 text.
#[must_use]
pub fn clock_time(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_use_the_units_that_matter() {
        let rows = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7500, "2h 5m"),
            (7200, "2h"),
            (90_000, "25h"),
            (400_000, "4d"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_moment_shows_its_time_of_day() {
        assert_eq!(clock_time("2026-09-01T08:00:05.250Z".parse().unwrap()), "08:00:05");
    }
}
