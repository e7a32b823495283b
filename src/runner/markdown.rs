//! Owns how foreign text stays text in Markdown.

/// `text` as plain words inside a line or a table cell.
#[must_use]
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' | '$' | ':' => {
                use std::fmt::Write;
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// `text` as code inside a line or a table cell; HTML, as backticks inside cannot end it.
#[must_use]
pub fn code(value: &str) -> String {
    format!("<code>{}</code>", text(value))
}

/// A sentence that may hold foreign text; what stands between two backticks is shown as code.
#[must_use]
pub fn sentence(words: &str) -> String {
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
#[must_use]
pub fn link(words: &str, address: &str) -> String {
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
#[must_use]
pub fn block(lines: &str) -> String {
    let shown: String = lines
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .collect();
    let mut longest = 0;
    let mut run = 0;
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{shown}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::{block, link, sentence, text};

    #[test]
    fn foreign_text_has_no_structure() {
        let hostile = "a|b\n# <b>`x`* [y](https://evil) @all :tada: \u{1b}";
        let shown = text(hostile);
        assert!(
            !shown.contains(['|', '\n', '<', '`', '*', '[', '@', '\u{1b}']),
            "{shown}"
        );
        assert!(!shown.contains(":tada:"), "{shown}");
    }

    #[test]
    fn code_in_a_sentence_is_shown_as_code_and_stays_text() {
        assert_eq!(sentence("Check `plan`."), "Check <code>plan</code>.");
        assert_eq!(sentence("odd ` one"), "odd &#96; one");
        assert_eq!(sentence("`<b>|`"), "<code>&lt;b&gt;&#124;</code>");
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
