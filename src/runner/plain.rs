//! Owns how text becomes one that the runner takes for text and nothing else.

use std::borrow::Cow;

/// Longer lines are cut, in bytes.
const LINE_LENGTH: usize = 4096;

/// `line` as one line that the runner takes for text and nothing else.
pub(super) fn harmless(line: &str) -> Cow<'_, str> {
    let mut shown = shortened(line, LINE_LENGTH);
    if shown.chars().any(hidden) {
        shown = Cow::Owned(
            without_colours(&shown)
                .chars()
                .filter(|c| !hidden(*c))
                .collect(),
        );
    }
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

/// Terminals' colours and movements are no text: `ESC [ … letter`.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && !";?".contains(c));
        let letter = end.filter(|end| part.get(*end..).is_some_and(starts_with_letter));
        shown.push_str(letter.and_then(|end| part.get(end + 1..)).unwrap_or(part));
    }
    shown
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Control characters but the tab, and marks that turn the direction of writing.
fn hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !hidden(*c)).collect()
}

pub(super) fn one_line(text: &str) -> String {
    harmless(&text.replace(['\n', '\r'], " ")).into_owned()
}

pub(super) fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

pub(super) fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
