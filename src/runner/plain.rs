//! Owns how text becomes one that the runner takes for text and nothing else.

use std::borrow::Cow;

/// Longer lines are cut, in bytes.
const LINE_LENGTH: usize = 4096;

/// A readable `line` as one line that the runner takes for text and nothing else.
pub(super) fn harmless(line: &str) -> Cow<'_, str> {
    let mut shown = shortened(line, LINE_LENGTH);
    if shown.contains("##[") {
        shown = Cow::Owned(broken(&shown));
    }
    if shown.trim_start().starts_with("::") {
        shown = Cow::Owned(format!("| {shown}"));
    }
    shown
}

/// The runner looks for the old form of a command anywhere in a line.
fn broken(text: &str) -> String {
    text.replace("##[", "#\u{200b}#[")
}

/// At most so many bytes, whole characters, with `…` where something was cut.
fn shortened(line: &str, most: usize) -> Cow<'_, str> {
    if line.len() <= most {
        return Cow::Borrowed(line);
    }
    let cut = line.floor_char_boundary(most);
    Cow::Owned(format!("{}…", line.get(..cut).unwrap_or_default()))
}

pub(super) fn one_line(text: &str) -> String {
    harmless(&text.replace('\n', " ")).into_owned()
}

/// The message of an annotation, at most so many characters of it.
pub(super) fn message(text: &str, most: usize) -> String {
    escape_data(&broken(&crate::text::shortened(text, most)))
}

pub(super) fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

pub(super) fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{message, one_line};

    #[test]
    fn no_command_of_the_old_form_is_left_in_any_text() {
        for shown in [one_line("##[\t"), message("##[\t", 100)] {
            assert!(!shown.contains("##["), "{shown}");
        }
    }

    #[test]
    fn a_message_keeps_its_lines_and_is_cut() {
        assert_eq!(message("50%\nof all", 7), "50%25%0Aof …");
    }
}
