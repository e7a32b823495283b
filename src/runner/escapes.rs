//! Owns what of a text is seen: escape sequences of terminals and control characters are not.

use std::borrow::Cow;
use std::ops::Range;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// `text` without escape sequences, control characters and marks that turn the direction of writing. What a sequence
/// encloses (`ESC [ … letter`, `ESC ] … BEL`) goes with it. Line ends stay, as `\n`, and tabs.
pub(super) fn seen(text: &str) -> Cow<'_, str> {
    let hidden = hidden(text);
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    let mut from = 0;
    for Range { start, end } in hidden {
        seen.push_str(text.get(from..start).unwrap_or_default());
        if text.get(start..).is_some_and(|rest| rest.starts_with('\r')) {
            seen.push('\n');
        }
        from = end;
    }
    seen.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(seen)
}

/// Where in `text` something is that is not seen, or a line end that is not `\n`; in order.
pub(super) fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
        let from = rest.get(at..).unwrap_or_default();
        let behind = from.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\r' => behind.strip_prefix('\n').unwrap_or(behind),
            ESCAPE => behind_sequence(behind),
            '\u{9b}' => behind_control_sequence(behind).unwrap_or(behind),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => behind_string(behind),
            _ => behind,
        };
        hidden.push(text.len() - from.len()..text.len() - rest.len());
    }
    hidden
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What follows the sequence whose escape character stood before `text`; of one that never ends, only that goes.
fn behind_sequence(text: &str) -> &str {
    let mut inside = text.chars();
    match inside.next() {
        Some('[') => behind_control_sequence(inside.as_str()).unwrap_or(text),
        Some(']' | 'P' | 'X' | '^' | '_') => behind_string(inside.as_str()),
        Some('(' | ')' | '*' | '+' | '#' | '%') => {
            inside.next();
            inside.as_str()
        }
        Some('7' | '8' | '=' | '>' | 'c' | 'D' | 'E' | 'H' | 'M' | 'N' | 'O' | 'Z') => {
            inside.as_str()
        }
        _ => text,
    }
}

/// Parameters, intermediate characters, and the letter that ends them.
fn behind_control_sequence(text: &str) -> Option<&str> {
    let inside = text.trim_start_matches(|c| matches!(c, '\u{20}'..='\u{3f}'));
    let mut rest = inside.chars();
    matches!(rest.next(), Some('\u{40}'..='\u{7e}')).then(|| rest.as_str())
}

/// A title or an address: up to the bell or the string terminator, on the same line.
fn behind_string(text: &str) -> &str {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let ends = [
        line.find(BELL).map(|at| at + 1),
        line.find("\u{1b}\\").map(|at| at + 2),
        line.find('\u{9c}').map(|at| at + 2),
    ];
    let end = ends.into_iter().flatten().min().unwrap_or_default();
    text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::seen;

    #[test]
    fn escape_sequences_and_control_characters_go_as_a_whole() {
        for (text, shown) in [
            ("plain ü 😀\ttab", "plain ü 😀\ttab"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}[38:2::1:2:3mx\u{1b}[?25hy\u{1b}[2 qz", "xyz"),
            ("\u{9b}31mred", "red"),
            (
                "\u{1b}]8;;https://x\u{7}link\u{1b}]8;;\u{1b}\\ end",
                "link end",
            ),
            ("\u{1b}]0;never ends\nnext", "0;never ends\nnext"),
            ("\u{9d}0;title\u{9c}x", "x"),
            ("\u{1b}(B\u{1b}7x\u{1b}c", "x"),
            ("\u{1b}::error::x", "::error::x"),
            ("\u{1b}[", "["),
            ("a\u{0}b\u{8}c\u{85}d\u{202e}e", "abcde"),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ] {
            assert_eq!(seen(text), shown, "{text:?}");
        }
    }
}
