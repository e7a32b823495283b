//! Owns how it is told what a release brought: a line each, the summary's list, and the count.

use std::fmt::Write;

use crate::changes::{Change, Difference};
use crate::report::facts::Told;
use crate::report::story::Story;
use crate::report::words::Output;
use crate::runner::markdown::{folded, link, text};

/// More commits than these are folded.
const OPEN: usize = 5;

/// How much has changed, for the summary's table.
pub(super) fn counted(story: &Story<'_>) -> Option<String> {
    let words = match story.facts.changes.as_ref()? {
        Told::Known(difference) => words(difference),
        Told::Unknown(why) => return Some(story.sentence(&format!("not known: {why}"))),
    };
    let url = story.facts.value(Output::CompareUrl, "");
    Some(if url.is_empty() {
        text(&words)
    } else {
        link(&words, &url)
    })
}

/// The commits, for the summary.
pub(super) fn listing(story: &Story<'_>) -> String {
    let Some(Told::Known(difference)) = &story.facts.changes else {
        return String::new();
    };
    let commits = &difference.commits;
    let item = |change: &Change| {
        let commit = story.linked(change.commit.as_str());
        let gone = if change.is_live {
            ""
        } else {
            "no longer live: "
        };
        let (subject, author) = (text(&change.subject), text(&change.author));
        format!("- {gone}{commit} {subject} ({author})\n")
    };
    let mut items: String = commits.iter().map(item).collect();
    let listed = u64::try_from(commits.len()).unwrap_or(u64::MAX);
    let more = (difference.added + difference.removed).saturating_sub(listed);
    if more > 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(items, "- … and {more} more");
    }
    match commits.len() {
        0 => String::new(),
        count if count > OPEN => folded("Commits", &items),
        _ => format!("**Commits**\n\n{items}"),
    }
}

/// A commit, for the log.
pub(super) fn line(change: &Change) -> String {
    let mark = if change.is_live { '+' } else { '-' };
    let Change {
        commit,
        author,
        subject,
        ..
    } = change;
    format!("{mark} {commit} {subject} ({author})")
}

/// How many went live, and how many are no longer.
pub(super) fn words(difference: &Difference) -> String {
    let count = |number: u64| match number {
        1 => "1 commit".to_owned(),
        more => format!("{more} commits"),
    };
    match (difference.added, difference.removed) {
        (added, 0) => format!("{} went live", count(added)),
        (0, removed) => format!("{} no longer live", count(removed)),
        (added, removed) => format!(
            "{} went live; {} no longer live (a force push, or another branch)",
            count(added),
            count(removed)
        ),
    }
}
