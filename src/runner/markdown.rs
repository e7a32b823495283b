//! Owns how foreign text stays text in Markdown.

use std::fmt::Write;

/// `text` as plain words inside a line or a table cell.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A dash, or a number with a dot, would begin a list at the start of a line.
    let (mut before, mut start, mut number) = (' ', true, true);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_unseen(c) => continue,
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '|' | '~' | '!'
            | '$' | ':' => entity(&mut out, c),
            '-' | '+' | '=' if start => entity(&mut out, c),
            '.' if (number && before.is_ascii_digit()) || matches!(before, 'w' | 'W') => {
                entity(&mut out, c);
            }
            // GitHub makes links of addresses, names and numbers even when they are written as entities.
            '@' | '#' => {
                entity(&mut out, c);
                out.push_str("<!-- -->");
            }
            c => out.push(c),
        }
        before = c;
        start &= c.is_whitespace();
        number &= c.is_whitespace() || c.is_ascii_digit();
    }
    out
}

fn entity(out: &mut String, c: char) {
    let _ = write!(out, "&#{};", u32::from(c));
}

/// Control characters, and those that turn the direction of what follows.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as code inside a line or a table cell; HTML, as backticks inside cannot end it.
pub(crate) fn code(value: &str) -> String {
    format!("<code>{}</code>", text(value))
}

/// A sentence that may hold foreign text, without space around it, which could make it a block; what stands between two backticks is shown as code.
pub(crate) fn sentence(words: &str) -> String {
    let words = words.trim();
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(words);
    }
    let each = parts
        .iter()
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => text(part),
            _ => code(part),
        });
    each.collect()
}

/// A link with foreign words; an address that is not http or https is shown as text.
pub(crate) fn link(words: &str, address: &str) -> String {
    let safe = (address.starts_with("https://") || address.starts_with("http://"))
        && !address
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "<>()\"'`|\\".contains(c));
    if safe {
        format!("[{}](<{address}>)", text(words))
    } else {
        text(words)
    }
}

/// A block of foreign lines, in a fence that they cannot close.
pub(crate) fn block(lines: &str) -> String {
    fenced("text", lines)
}

/// The same, in a language that is coloured.
pub(crate) fn fenced(language: &str, lines: &str) -> String {
    let shown: String = lines
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !is_unseen(*c))
        .collect();
    let mut longest = 0;
    let mut run = 0;
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{shown}\n{fence}\n")
}

/// A part that the reader opens when wanted; `body` is Markdown of ours.
pub(crate) fn folded(title: &str, body: &str) -> String {
    let title = text(title);
    format!("<details>\n<summary>{title}</summary>\n\n{body}\n</details>\n")
}

#[cfg(test)]
mod tests {
    use super::{block, folded, link, sentence, text};

    #[test]
    fn foreign_text_has_no_structure() {
        let hostile = "a|b\n# <b>`x`* [y](https://evil) @all :tada: \u{1b}";
        let shown = text(hostile);
        assert!(
            !shown.contains(['|', '\n', '`', '*', '[', '@', '\u{1b}']),
            "{shown}"
        );
        assert!(
            !shown.contains(":tada:") && !shown.contains("<b"),
            "{shown}"
        );
    }

    #[test]
    fn what_looks_like_a_list_or_an_address_is_neither() {
        assert_eq!(text("- a"), "&#45; a");
        assert_eq!(text(" 12. a-b."), " 12&#46; a-b.");
        assert_eq!(text("www.example.com"), "www&#46;example.com");
        assert_eq!(text("a@example.com"), "a&#64;<!-- -->example.com");
        assert_eq!(text("a\u{202e}b"), "ab");
    }

    #[test]
    fn a_folded_part_holds_what_is_in_it() {
        assert_eq!(
            folded("a <b>", &block("\n</details>\n\n# x")),
            "<details>\n<summary>a &#60;b&#62;</summary>\n\n```text\n\n</details>\n\n# x\n```\n\n</details>\n"
        );
    }

    #[test]
    fn code_in_a_sentence_is_shown_as_code_and_stays_text() {
        assert_eq!(sentence("Check `plan`."), "Check <code>plan</code>.");
        assert_eq!(sentence("     a `b` "), "a <code>b</code>");
        assert_eq!(sentence("odd ` one"), "odd &#96; one");
        assert_eq!(sentence("`<b>|`"), "<code>&#60;b&#62;&#124;</code>");
    }

    #[test]
    fn only_plain_addresses_become_links() {
        assert_eq!(
            link("a", "https://x.example.com/1"),
            "[a](<https://x.example.com/1>)"
        );
        for address in [
            "javascript:alert(1)",
            "https://x>y",
            "https://x y",
            "https://x|y",
        ] {
            assert_eq!(link("a", address), "a");
        }
    }

    #[test]
    fn a_block_cannot_be_closed_from_inside() {
        let shown = block("```\n# evil\n````");
        assert!(
            shown.starts_with("`````text\n") && shown.ends_with("\n`````\n"),
            "{shown}"
        );
    }
}
