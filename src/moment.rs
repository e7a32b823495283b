//! Owns moments in the calendar, as the platform writes them: RFC 3339 in bodies, HTTP dates in heads.

use std::time::Duration;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A moment in the calendar, by the platform's clock; never read from the runner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    since_1970: Duration,
}

impl Moment {
    /// Reads `2026-01-01T00:00:00.000Z`, also with an offset; anything else is none.
    #[must_use]
    pub fn of_body(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        let year = rest.number(4)?;
        rest.skip(&["-"])?;
        let month = rest.number(2)?;
        rest.skip(&["-"])?;
        let days = days(year, month, rest.number(2)?)?;
        rest.skip(&["T", "t"])?;
        let time = rest.time()?;
        let fraction = rest.fraction()?;
        let local = Duration::from_secs(days * 86400 + time) + fraction;
        let utc = match rest.skip(&["Z", "z", "+", "-"])? {
            "+" => local.checked_sub(rest.offset()?)?,
            "-" => local + rest.offset()?,
            _ => local,
        };
        rest.0.is_empty().then_some(Self { since_1970: utc })
    }

    /// Reads `Thu, 01 Jan 2026 00:00:00 GMT`, the one form that servers may send; anything else is none.
    #[must_use]
    pub fn of_head(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        rest.skip(&DAYS)?;
        rest.skip(&[", "])?;
        let day = rest.number(2)?;
        rest.skip(&[" "])?;
        let month = rest.skip(&MONTHS)?;
        let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
        rest.skip(&[" "])?;
        let days = days(rest.number(4)?, month, day)?;
        rest.skip(&[" "])?;
        let time = rest.time()?;
        rest.skip(&[" GMT"])?;
        let since_1970 = Duration::from_secs(days * 86400 + time);
        rest.0.is_empty().then_some(Self { since_1970 })
    }

    /// So long after the start of 1970.
    #[must_use]
    pub const fn after_1970(since_1970: Duration) -> Self {
        Self { since_1970 }
    }

    /// How long after the start of 1970 it is.
    #[must_use]
    pub const fn since_1970(self) -> Duration {
        self.since_1970
    }

    /// How long before `now` it was; what lies ahead has no age.
    #[must_use]
    pub const fn age(self, now: Self) -> Duration {
        now.since_1970.saturating_sub(self.since_1970)
    }
}

/// What is still to be read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        number.parse().ok()
    }

    /// One of `words`; says which.
    fn skip<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let (word, rest) = words
            .iter()
            .find_map(|word| Some((*word, self.0.strip_prefix(word)?)))?;
        self.0 = rest;
        Some(word)
    }

    /// `00:00:00` as seconds; a leap second is one more.
    fn time(&mut self) -> Option<u64> {
        let hour = self.number(2)?;
        self.skip(&[":"])?;
        let minute = self.number(2)?;
        self.skip(&[":"])?;
        let second = self.number(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
    }

    /// `.123` or nothing; what is finer than nanoseconds is dropped.
    fn fraction(&mut self) -> Option<Duration> {
        if self.skip(&["."]).is_none() {
            return Some(Duration::ZERO);
        }
        let behind = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = self.0.strip_suffix(behind)?;
        self.0 = behind;
        let nanos: String = digits.chars().chain("000000000".chars()).take(9).collect();
        (!digits.is_empty()).then_some(Duration::from_nanos(nanos.parse().ok()?))
    }

    /// `01:30`.
    fn offset(&mut self) -> Option<Duration> {
        let hour = self.number(2)?;
        self.skip(&[":"])?;
        let minute = self.number(2)?;
        (hour < 24 && minute < 60).then_some(Duration::from_secs(hour * 3600 + minute * 60))
    }
}

/// Days since 1970-01-01.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u64::from(leap(year)),
        _ => return None,
    };
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = before.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let leaps = (1970..year).filter(|year| leap(*year)).count();
    let leap_day = u64::from(month > 2 && leap(year));
    Some((year - 1970) * 365 + u64::try_from(leaps).ok()? + before + leap_day + day - 1)
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
            ("2024-02-29T12:00:00.123456789012Z", 1_709_208_000_123),
            ("2024-03-01T00:00:00Z", 1_709_251_200_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000_u128),
        ];
        for (text, millis) in read {
            let read = Moment::of_body(text).map(|moment| moment.since_1970.as_millis());
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
            assert_eq!(Moment::of_body(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_in_heads_have_one_form() {
        assert_eq!(
            Moment::of_head("Thu, 01 Jan 2026 00:00:00 GMT"),
            Some(at(1_767_225_600_000))
        );
        assert_eq!(
            Moment::of_head("Thu, 29 Feb 2024 12:00:00 GMT"),
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
            assert_eq!(Moment::of_head(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_lies_ahead_has_no_age() {
        let (early, late) = (at(1000), at(4000));
        assert_eq!(early.age(late), Duration::from_secs(3));
        assert_eq!(late.age(early), Duration::ZERO);
    }
}
