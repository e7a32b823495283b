//! Owns how long a server asks to wait before another try.

use std::time::Duration;

use crate::http::Head;
use crate::moment::Moment;

/// What is longer is as good as for ever.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// `Retry-After` in seconds, or as a date, which is compared with the answer's own; anything else is none.
pub(crate) fn asked(head: &Head) -> Option<Duration> {
    let text = head.retry_after.as_deref()?.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let sent = Moment::from_http_date(head.date.as_deref()?)?;
        sent.age(Moment::from_http_date(text)?)
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, asked};
    use crate::http::Head;

    #[test]
    fn a_wait_is_read_in_seconds_or_as_a_date_and_never_longer_than_a_year() {
        let date = "Thu, 01 Jan 2026 00:00:00 GMT";
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (text, wait) in [
            ("0", seconds(0)),
            (" 77 ", seconds(77)),
            ("86400", seconds(86400)),
            ("18446744073709551615", Some(LONGEST)),
            ("99999999999999999999999999", Some(LONGEST)),
            ("Thu, 01 Jan 2026 00:01:30 GMT", seconds(90)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", seconds(0)),
            ("Fri, 01 Jan 9999 00:00:00 GMT", Some(LONGEST)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let head = |date: Option<&str>| Head {
                retry_after: Some(text.to_owned()),
                date: date.map(str::to_owned),
                ..Head::default()
            };
            assert_eq!(asked(&head(Some(date))), wait, "{text}");
            let undated = wait.filter(|_| !text.contains("GMT"));
            assert_eq!(asked(&head(None)), undated, "{text}");
        }
        assert_eq!(asked(&Head::default()), None);
    }
}
