//! The simulator's time: where it comes from and how the API spells it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time since the simulator's start, virtual or real.
pub type Now = Arc<dyn Fn() -> Duration + Send + Sync>;

/// A clock that starts at zero and runs with the machine's.
#[must_use]
pub fn real_clock() -> Now {
    let start = Instant::now();
    Arc::new(move || start.elapsed())
}

/// 2026-01-01T00:00:00Z: the simulator's start in the calendar, far from the machine's own clock on purpose.
const START: f64 = 1_767_225_600.0;

/// What a calendar says that agrees with the simulator's, so long after its start.
#[must_use]
pub fn calendar(now: Duration) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(START) + now
}

/// How far the machine's calendar is ahead of the simulator's, which has just started.
pub(crate) fn machine_ahead() -> f64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0.0, |time| time.as_secs_f64() - START)
}

/// Seconds since the start as an RFC 3339 date and time.
pub(crate) fn stamp(seconds: f64) -> String {
    let millis = Duration::from_secs_f64((START + seconds).max(0.0)).as_millis();
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Seconds since the start as an HTTP date, which knows whole seconds only.
pub(crate) fn http_date(seconds: f64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let seconds = Duration::from_secs_f64((START + seconds).max(0.0)).as_secs();
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let (year, month, day) = civil(days.into());
    let name = usize::try_from(days % 7).ok().and_then(|day| DAYS.get(day));
    let (name, month) = (name.unwrap_or(&""), MONTHS.get(month - 1).unwrap_or(&""));
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(mut days: u128) -> (u128, usize, u128) {
    let mut year = 1970;
    while days >= 365 + u128::from(leap(year)) {
        days -= 365 + u128::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + u128::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

fn leap(year: u128) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::{http_date, stamp};

    #[test]
    fn times_are_written_as_the_api_writes_them() {
        assert_eq!(stamp(0.0), "2026-01-01T00:00:00.000Z");
        assert_eq!(stamp(-0.5), "2025-12-31T23:59:59.500Z");
        assert_eq!(stamp(86_400.0 * 59.0 + 3661.25), "2026-03-01T01:01:01.250Z");
        assert_eq!(http_date(0.9), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(
            http_date(86_400.0 * 59.0 + 3661.0),
            "Sun, 01 Mar 2026 01:01:01 GMT"
        );
    }
}
