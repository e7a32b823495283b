//! Owns how commits read in sentences: short, with a link where there can be one. A command between backticks is whole.

use crate::runner::markdown;

const SHORT: usize = 7;
const WHOLE: usize = 40;

/// As plain text.
pub(super) fn plain(words: &str) -> String {
    let each = parts(words).into_iter().map(|part| match part {
        Part::Commit(commit) => short(commit).to_owned(),
        Part::Text(text) => text,
        Part::Code(code) => format!("`{code}`"),
    });
    each.collect()
}

/// As Markdown inside a line or a table cell; `url` is where people look at a commit.
pub(super) fn sentence(words: &str, url: &dyn Fn(&str) -> String) -> String {
    let each = parts(words.trim()).into_iter().map(|part| match part {
        Part::Commit(commit) => linked(commit, url),
        Part::Text(text) => markdown::text(&text),
        Part::Code(code) => markdown::code(code),
    });
    each.collect()
}

/// The short form of a commit, as a link.
pub(super) fn linked(commit: &str, url: &dyn Fn(&str) -> String) -> String {
    markdown::link(short(commit), &url(commit))
}

fn short(commit: &str) -> &str {
    commit.get(..SHORT).unwrap_or(commit)
}

enum Part<'w> {
    Text(String),
    Code(&'w str),
    Commit(&'w str),
}

/// A backtick without its other half is text.
fn parts(words: &str) -> Vec<Part<'_>> {
    let pieces: Vec<&str> = words.split('`').collect();
    let mut parts = Vec::new();
    if pieces.len().is_multiple_of(2) {
        with_commits(words, &mut parts);
        return parts;
    }
    for (index, piece) in pieces.into_iter().enumerate() {
        if index % 2 == 1 {
            parts.push(Part::Code(piece));
        } else {
            with_commits(piece, &mut parts);
        }
    }
    parts
}

/// Commits stand by themselves: one in an address stays part of it.
fn with_commits<'w>(words: &'w str, parts: &mut Vec<Part<'w>>) {
    let mut text = String::new();
    for piece in words.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if !is_commit(word) || text.ends_with('/') {
            text.push_str(piece);
            continue;
        }
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(Part::Commit(word));
        text.push_str(piece.get(WHOLE..).unwrap_or_default());
    }
    parts.push(Part::Text(text));
}

fn is_commit(word: &str) -> bool {
    word.len() == WHOLE && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{plain, sentence};

    #[test]
    fn commits_are_short_and_linked_but_whole_in_commands_and_addresses() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let words = format!("{commit}: `git reset {commit}`, x/{commit} or {commit}0.");
        assert_eq!(
            plain(&words),
            format!("0123456: `git reset {commit}`, x/{commit} or {commit}0.")
        );
        let shown = sentence(&format!("Commit {commit}, `x`"), &|commit| {
            format!("https://example.com/{commit}")
        });
        assert_eq!(
            shown,
            format!("Commit [0123456](<https://example.com/{commit}>), <code>x</code>")
        );
    }
}
