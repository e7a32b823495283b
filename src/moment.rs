//! Owns moments in the calendar, as the platform writes them: RFC 3339 in bodies, HTTP dates in heads.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// A moment in the calendar. Ages are counted by the platform's clock, never by the runner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    since_1970: Duration,
}

impl Moment {
    /// Reads `2026-01-01T00:00:00.000Z`, also with an offset; anything else is none.
    pub(crate) fn from_rfc3339(text: &str) -> Option<Self> {
        // `jiff` reads more than the RFC has: a space for the T, a time zone behind.
        let strict = matches!(text.as_bytes().get(10), Some(b'T' | b't')) && !text.ends_with(']');
        let time = text.parse::<Timestamp>().ok().filter(|_| strict)?;
        let since_1970 = time.as_duration().try_into().ok()?;
        Some(Self { since_1970 })
    }

    /// Reads `Thu, 01 Jan 2026 00:00:00 GMT`, the one form that servers may send; anything else is none.
    pub(crate) fn from_http_date(text: &str) -> Option<Self> {
        let time = httpdate::parse_http_date(text).ok()?;
        (httpdate::fmt_http_date(time) == text).then(|| Self::from(time))
    }

    /// So long after the start of 1970.
    pub(crate) const fn after_1970(since_1970: Duration) -> Self {
        Self { since_1970 }
    }

    /// How long after the start of 1970 it is.
    pub(crate) const fn since_1970(self) -> Duration {
        self.since_1970
    }

    /// So many seconds after the start of 1970.
    #[must_use]
    pub(crate) const fn from_seconds(seconds: u64) -> Self {
        Self::after_1970(Duration::from_secs(seconds))
    }

    /// The moment so long after it.
    #[must_use]
    pub(crate) const fn later(self, time: Duration) -> Self {
        Self {
            since_1970: self.since_1970.saturating_add(time),
        }
    }

    /// The time of day in UTC: `12:04:59`.
    #[must_use]
    pub(crate) fn clock(self) -> String {
        let seconds = self.since_1970.as_secs() % 86_400;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{hour:02}:{minute:02}:{second:02}")
    }

    /// To the second, as `2026-01-01T00:00:00Z`; blank beyond the calendar's end.
    pub(crate) fn to_rfc3339(self) -> String {
        let seconds = i64::try_from(self.since_1970.as_secs()).ok();
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        time.map_or_else(String::new, |time| time.to_string())
    }

    /// How far apart the two are.
    pub(crate) const fn apart(self, other: Self) -> Duration {
        self.since_1970.abs_diff(other.since_1970)
    }

    /// How long before `now` it was; what lies ahead has no age.
    pub(crate) const fn age(self, now: Self) -> Duration {
        now.since_1970.saturating_sub(self.since_1970)
    }
}

impl From<SystemTime> for Moment {
    /// What lies before 1970 is taken for its start.
    fn from(time: SystemTime) -> Self {
        Self {
            since_1970: time.duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Moment;

    fn at(millis: u64) -> Moment {
        let since_1970 = Duration::from_millis(millis);
        Moment { since_1970 }
    }

    #[test]
    fn moments_in_bodies_are_read_to_the_letter() {
        let read = [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-01-01T00:00:00.000Z", 1_767_225_600_000),
            ("2026-01-01t01:30:00.5+01:30", 1_767_225_600_500),
            ("2025-12-31T23:00:00-01:00", 1_767_225_600_000),
            ("2024-02-29T12:00:00.123456789Z", 1_709_208_000_123),
            ("2024-03-01T00:00:00Z", 1_709_251_200_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000_u128),
        ];
        for (text, millis) in read {
            let read = Moment::from_rfc3339(text).map(|moment| moment.since_1970.as_millis());
            assert_eq!(read, Some(millis), "{text}");
        }
        for bad in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Z ",
            "2026-01-01T24:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T00:00:00+1:00",
            "1969-12-31T23:59:59Z",
            "+026-01-01T00:00:00Z",
            "2026-01-0äT00:00:00Z",
            "1767225600",
            "Thu, 01 Jan 2026 00:00:00 GMT",
        ] {
            assert_eq!(Moment::from_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_in_heads_have_one_form() {
        assert_eq!(
            Moment::from_http_date("Thu, 01 Jan 2026 00:00:00 GMT"),
            Some(at(1_767_225_600_000))
        );
        assert_eq!(
            Moment::from_http_date("Thu, 29 Feb 2024 12:00:00 GMT"),
            Some(at(1_709_208_000_000))
        );
        for bad in [
            "",
            "Thursday, 01-Jan-26 00:00:00 GMT",
            "Thu Jan  1 00:00:00 2026",
            "Thu, 1 Jan 2026 00:00:00 GMT",
            "Thu, 01 Jan 2026 00:00:00 CET",
            "Thu, 30 Feb 2026 00:00:00 GMT",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(Moment::from_http_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_time_of_day_is_told_in_utc() {
        let moment = Moment::from_seconds(1_767_225_600).later(Duration::from_secs(86_399));
        assert_eq!(moment.clock(), "23:59:59");
    }

    #[test]
    fn what_lies_ahead_has_no_age() {
        let (early, late) = (at(1000), at(4000));
        assert_eq!(early.age(late), Duration::from_secs(3));
        assert_eq!(late.age(early), Duration::ZERO);
    }
}
