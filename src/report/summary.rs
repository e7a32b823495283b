//! Owns the job summary: what people would put in a release note.

use std::fmt::Write;
use std::time::Duration;

use crate::report::{Ending, Facts, Outcome, Output};
use crate::runner::markdown::{code, link, sentence};
use crate::text::duration;

/// The summary as Markdown; all that comes from outside is escaped.
pub(super) fn markdown(
    ending: &Ending,
    facts: &Facts,
    took: Duration,
    commit_url: impl Fn(&str) -> String,
) -> String {
    let mut out = String::new();
    headline(&mut out, ending, facts);
    failure(&mut out, ending);
    table(&mut out, facts, took, commit_url);
    if ending.outcome == Outcome::Planned {
        plan(&mut out, facts);
    }
    steps(&mut out, facts);
    warnings(&mut out, facts);
    out
}

// Writing to a string cannot fail: the results below are dropped.

fn headline(out: &mut String, ending: &Ending, facts: &Facts) {
    let url = facts.value(Output::Url, "");
    let words = match ending.outcome {
        Outcome::Released => "✅ Released",
        Outcome::Ready => "🧪 Ready: runs beside what serves",
        Outcome::Planned => "📋 Planned: nothing was changed",
        Outcome::Unchanged => "✅ Already released",
        Outcome::Superseded => "⏭️ Skipped: a newer release is live",
        Outcome::Failed => "❌ Release failed",
        Outcome::Reverted => "↩️ Release failed and was undone",
        Outcome::Cancelled => "⏹️ Release cancelled",
    };
    let reached = matches!(ending.outcome, Outcome::Released | Outcome::Ready);
    let place = if reached && !url.is_empty() {
        format!(": {}", link(&url, &url))
    } else {
        String::new()
    };
    let _ = writeln!(out, "## {words}{place}\n");
    let _ = writeln!(out, "{}\n", sentence(&ending.state));
}

fn failure(out: &mut String, ending: &Ending) {
    let Some(failure) = &ending.failure else {
        return;
    };
    let _ = writeln!(
        out,
        "**What happened** ({}): {}\n",
        code(failure.reason.as_str()),
        lines(&failure.cause)
    );
    let _ = writeln!(out, "**What to do**: {}\n", lines(&failure.next));
}

fn lines(foreign: &str) -> String {
    foreign
        .trim()
        .lines()
        .map(sentence)
        .collect::<Vec<_>>()
        .join("<br>")
}

fn table(out: &mut String, facts: &Facts, took: Duration, commit_url: impl Fn(&str) -> String) {
    let _ = writeln!(out, "| | |\n|---|---|");
    let workspace_url = facts.value(Output::WorkspaceUrl, "");
    let id = facts.value(Output::WorkspaceId, "");
    if !id.is_empty() {
        let place = if workspace_url.is_empty() {
            String::new()
        } else {
            format!(" {}", link(&workspace_url, &workspace_url))
        };
        let _ = writeln!(out, "| Workspace | {}{place} |", code(&id));
    }
    let linked = |commit: &str| {
        let short: String = commit.chars().take(7).collect();
        link(&short, &commit_url(commit))
    };
    let live = facts.value(Output::Commit, "");
    if !live.is_empty() {
        let _ = writeln!(out, "| Commit | {} |", linked(&live));
    }
    if let Some(wanted) = facts.wanted.as_ref().filter(|wanted| **wanted != live) {
        let _ = writeln!(out, "| Commit to release | {} |", linked(wanted));
    }
    for (name, value) in &facts.notes {
        let _ = writeln!(out, "| {name} | {} |", sentence(value));
    }
    let _ = writeln!(out, "| Took | {} |\n", duration(took));
}

fn plan(out: &mut String, facts: &Facts) {
    for (number, line) in facts.plan.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", number + 1, sentence(line));
    }
    out.push('\n');
}

fn steps(out: &mut String, facts: &Facts) {
    if facts.steps.is_empty() {
        return;
    }
    let _ = writeln!(out, "| Step | | Time |\n|---|---|---:|");
    for step in &facts.steps {
        let sign = match step.state {
            "success" => "✅",
            "cancelled" => "⏹️",
            _ => "❌",
        };
        let _ = writeln!(out, "| {} | {sign} | {} |", step.name, duration(step.time));
    }
    out.push('\n');
}

fn warnings(out: &mut String, facts: &Facts) {
    for warning in &facts.warnings {
        let _ = writeln!(out, "> ⚠️ {}\n", sentence(warning));
    }
}
