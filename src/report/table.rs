//! Owns the summary's table of facts.

use std::time::Duration;

use crate::report::facts::Facts;
use crate::report::words::{Outcome, Output};
use crate::runner::markdown::{code, history, sentence};
use crate::text::{duration, list, shortened};

const CELL: usize = 2000;

/// What is known at the end, a row each; the outcome's word is the head.
pub(super) fn table(
    outcome: Outcome,
    facts: &Facts,
    took: Duration,
    commit_url: impl Fn(&str) -> String,
) -> String {
    let linked = |commit: &str| {
        history(
            &commit.chars().take(7).collect::<String>(),
            &commit_url(commit),
        )
    };
    let mut rows = versions(facts, &linked);
    rows.extend(workspace(facts));
    rows.extend(before(facts, &linked));
    for (name, value) in &facts.notes {
        rows.push((name, words(value)));
    }
    rows.extend(others(facts));
    if let Some(return_hint) = &facts.return_hint {
        rows.push(("Way back", words(return_hint)));
    }
    rows.push(("Took", duration(took)));
    let rows = rows
        .iter()
        .map(|(name, cell)| format!("| **{name}** | {cell} |\n"));
    format!(
        "| Outcome | {} |\n|:---|:---|\n{}",
        code(outcome.as_str()),
        rows.collect::<String>()
    )
}

type Row = (&'static str, String);

fn words(foreign: &str) -> String {
    sentence(&shortened(foreign, CELL))
}

fn versions(facts: &Facts, linked: &impl Fn(&str) -> String) -> Vec<Row> {
    let mut rows = Vec::new();
    let live = facts.value(Output::Commit, "");
    if !live.is_empty() {
        rows.push(("Commit", linked(&live)));
    }
    if let Some(wanted) = facts.wanted.as_ref().filter(|wanted| **wanted != live) {
        rows.push(("Commit to release", linked(wanted)));
    }
    rows
}

fn before(facts: &Facts, linked: &impl Fn(&str) -> String) -> Option<Row> {
    let (before, commit) = facts.before.as_ref()?;
    let commit = commit
        .as_ref()
        .map(|commit| format!("commit {}", linked(commit)));
    let parts = [
        Some(words(before)).filter(|words| !words.is_empty()),
        commit,
    ];
    Some((
        "Before",
        parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
    ))
}

/// The workspace that was released or made, if it is still there.
fn workspace(facts: &Facts) -> Option<Row> {
    let id = facts.value(Output::WorkspaceId, "");
    if id.is_empty() || facts.deleted.contains(&id) {
        return None;
    }
    let url = facts.value(Output::WorkspaceUrl, "");
    let route = if url.is_empty() {
        String::new()
    } else {
        format!(": {}", history(bare(&url), &url))
    };
    Some(("Workspace", format!("{}{route}", code(&id))))
}

/// An address as people say it.
pub(super) fn bare(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

fn others(facts: &Facts) -> Vec<Row> {
    let mut rows = Vec::new();
    let kept = facts
        .kept
        .iter()
        .filter(|(id, _)| !facts.deleted.contains(id))
        .map(|(id, what)| words(&format!("workspace {id}, {what}")));
    let kept: Vec<String> = kept.collect();
    if !kept.is_empty() {
        rows.push(("Kept", kept.join("<br>")));
    }
    let mut deleted = facts.deleted.clone();
    deleted.dedup();
    match deleted.as_slice() {
        [] => {}
        [one] => rows.push(("Deleted", words(&format!("workspace {one}")))),
        several => rows.push(("Deleted", words(&format!("workspaces {}", list(several))))),
    }
    rows
}
