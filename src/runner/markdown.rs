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
