//! Owns the summary's table of facts.

use crate::failure::Reason;
use crate::report::changes;
use crate::report::facts::Facts;
use crate::report::story::{Story, span};
use crate::report::words::Output;
use crate::runner::markdown::{code, link};
use crate::text::list;

/// What is known at the end, a row each; the outcome's word is the head.
pub(super) fn table(story: &Story<'_>) -> String {
    let facts = story.facts;
    let mut rows = if story.is_post || story.run_result.failure.is_some() {
        live(story)
    } else {
        versions(story)
    };
    rows.extend(downtime(story));
    rows.extend(workspace(facts));
    for (name, value) in &facts.notes {
        rows.push((name, story.sentence(value)));
    }
    rows.extend(others(story));
    if let Some(return_hint) = &facts.return_hint {
        rows.push(("Rollback", story.sentence(return_hint)));
    }
    rows.push(("Took", span(story.start, story.start.later(story.took))));
    let rows = rows
        .iter()
        .map(|(name, cell)| format!("| **{name}** | {cell} |\n"));
    format!(
        "| Outcome | {} |\n|:---|:---|\n{}",
        code(story.run_result.outcome.as_str()),
        rows.collect::<String>()
    )
}

type Row = (&'static str, String);

/// After a good run: what is live, and what was before.
fn versions(story: &Story<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let live = story.facts.value(Output::Commit, "");
    if !live.is_empty() {
        rows.push(("Commit", story.linked(&live)));
    }
    rows.extend(wanted(story, &live));
    if let Some(before) = before(story) {
        rows.push(("Before", before));
    }
    rows.extend(changes::counted(story).map(|cell| ("Changes", cell)));
    rows
}

fn wanted(story: &Story<'_>, live: &str) -> Option<Row> {
    let wanted = story.facts.wanted.as_ref()?;
    (**wanted != *live).then(|| ("Commit to release", story.linked(wanted)))
}

/// After a bad run, and after what undid one: what is live now, if it is what was before.
fn live(story: &Story<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let theirs = story
        .run_result
        .failure
        .as_ref()
        .is_some_and(|failure| failure.reason == Reason::ConnectionsChanged);
    if story.run_result.caution.is_some() {
        rows.push(("Live now", "not certain: see the caution above".to_owned()));
    } else if let Some(before) = before(story).filter(|_| !theirs) {
        let place = story.facts.serves.as_deref().unwrap_or_default();
        let place = match place {
            "" => String::new(),
            url => format!("{}: ", link(bare(url), url)),
        };
        rows.push(("Live now", format!("{place}{before}, as before")));
    }
    rows.extend(wanted(story, &story.facts.value(Output::Commit, "")));
    rows
}

fn before(story: &Story<'_>) -> Option<String> {
    let (before, commit) = story.facts.before.as_ref()?;
    let commit = commit
        .as_ref()
        .map(|commit| format!("commit {}", story.linked(commit)));
    let words = Some(story.sentence(before)).filter(|words| !words.is_empty());
    let parts: Vec<String> = [words, commit].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn downtime(story: &Story<'_>) -> Option<Row> {
    let (start, end) = story.facts.down?;
    let words = match end {
        Some(end) => span(start, end),
        None => format!("since {} UTC, and not over", start.clock()),
    };
    Some(("Downtime", words))
}

/// The workspace that was released or made, if it is still there.
fn workspace(facts: &Facts) -> Option<Row> {
    let id = facts.value(Output::WorkspaceId, "");
    if id.is_empty() || facts.deleted.contains(&id) {
        return None;
    }
    let url = facts.value(Output::WorkspaceUrl, "");
    let place = if url.is_empty() {
        String::new()
    } else {
        format!(": {}", link(bare(&url), &url))
    };
    Some(("Workspace", format!("{}{place}", code(&id))))
}

/// An address as people say it.
pub(super) fn bare(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

fn others(story: &Story<'_>) -> Vec<Row> {
    let facts = story.facts;
    let mut rows = Vec::new();
    let kept = facts
        .kept
        .iter()
        .filter(|(id, _)| !facts.deleted.contains(id))
        .map(|(id, what)| story.sentence(&format!("workspace {id}, {what}")));
    let kept: Vec<String> = kept.collect();
    if !kept.is_empty() {
        rows.push(("Kept", kept.join("<br>")));
    }
    let mut deleted = facts.deleted.clone();
    deleted.dedup();
    match deleted.as_slice() {
        [] => {}
        [one] => rows.push(("Deleted", story.sentence(&format!("workspace {one}")))),
        several => {
            let words = format!("workspaces {}", list(several));
            rows.push(("Deleted", story.sentence(&words)));
        }
    }
    rows
}
