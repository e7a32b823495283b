//! Owns how text becomes one that the runner takes for text and nothing else.

use std::borrow::Cow;

/// Longer lines are cut, in bytes.
const LINE_LENGTH: usize = 4096;

/// A readable `line` as one line that the runner takes for text and nothing else.
pub(super) fn harmless(line: &str) -> Cow<'_, str> {
    let mut shown = shortened(line, LINE_LENGTH);
    if shown.contains("##[") {
        shown = Cow::Owned(shown.replace("##[", "#\u{200b}#["));
    }
    if shown.trim_start().starts_with("::") {
        shown = Cow::Owned(format!("| {shown}"));
    }
    shown
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

pub(super) fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

pub(super) fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
