//! Owns how times and lists read in sentences.

use std::time::Duration;

/// `4.2 s`, `45 s`, `5 min 10 s`, `1 h 30 min`, `14 d`, `2 d 3 h`: rounded to what is shown.
pub(crate) fn duration(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    if tenths < 100 && !tenths.is_multiple_of(10) {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (time.as_millis() + 500) / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours @ 48.., _, _) if hours.is_multiple_of(24) => format!("{} d", hours / 24),
        (hours @ 48.., _, _) => format!("{} d {} h", hours / 24, hours % 24),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// `1 replica`, `2 replicas`.
pub(crate) fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match (items.pop(), items.is_empty()) {
        (None, _) => "nothing".to_owned(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
    }
}

/// The same for names that there may be many of: after ten, how many more.
#[must_use]
pub(crate) fn names<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let more = names.len().saturating_sub(10);
    if more > 0 {
        names.truncate(10);
        names.push(format!("{more} more"));
    }
    list(names)
}

/// At most `most` characters of `text`, with `…` where something was cut.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{count, duration, list, names, shortened};

    #[test]
    fn times_are_rounded_to_what_is_shown() {
        let read = |millis| duration(Duration::from_millis(millis));
        let shown = [
            0,
            49,
            50,
            980,
            4240,
            9949,
            9950,
            25_700,
            59_600,
            61_000,
            3_600_000,
            5_400_000,
            169_200_000,
            183_600_000,
            1_209_600_000,
        ]
        .map(read);
        assert_eq!(
            shown,
            [
                "0 s",
                "0 s",
                "0.1 s",
                "1 s",
                "4.2 s",
                "9.9 s",
                "10 s",
                "26 s",
                "1 min",
                "1 min 1 s",
                "1 h",
                "1 h 30 min",
                "47 h",
                "2 d 3 h",
                "14 d"
            ]
        );
    }

    #[test]
    fn lists_and_counts_read_as_people_write_them() {
        assert_eq!(
            [list::<u8>([]), list([1]), list([1, 2]), list([1, 2, 3])],
            ["nothing", "1", "1 and 2", "1, 2 and 3"]
        );
        assert_eq!(
            [count(1, "replica"), count(2, "replica")],
            ["1 replica", "2 replicas"]
        );
        assert_eq!(names(1..=10), "1, 2, 3, 4, 5, 6, 7, 8, 9 and 10");
        assert_eq!(names(1..=12), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
        assert_eq!([shortened("äöü", 2), shortened("äöü", 3)], ["äö…", "äöü"]);
    }
}
