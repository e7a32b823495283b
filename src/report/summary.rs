//! Owns the job summary: what people would put in a release note.

use std::fmt::Write;
use std::time::Duration;

use crate::failure::Failure;
use crate::report::evidence;
use crate::report::facts::Facts;
use crate::report::gantt::diagram;
use crate::report::run_result::RunResult;
use crate::report::table::{bare, table};
use crate::report::words::{Outcome, Output};
use crate::runner::markdown::{block, code, folded, history, sentence};
use crate::runner::page::Page;
use crate::text::{duration, shortened};

/// Characters of a text, and of a line.
const TEXT: usize = 10_000;
const LINE: usize = 2000;
/// The log has them all.
const WARNINGS: usize = 20;

/// The summary as Markdown; all that comes from outside is escaped.
pub(super) fn markdown(
    run_result: &RunResult,
    facts: &Facts,
    took: Duration,
    commit_url: impl Fn(&str) -> String,
) -> String {
    let mut page = Page::default();
    page.push(headline(run_result, facts));
    if let Some(failure) = &run_result.failure {
        page.push(reason(failure));
        for evidence in &failure.evidence {
            let lines = block(&evidence::lines(evidence).join("\n"));
            page.push(folded(&evidence::title(evidence), &lines));
        }
    }
    page.push(warnings(facts));
    page.push(table(run_result.outcome, facts, took, commit_url));
    if run_result.outcome == Outcome::Planned {
        page.push(plan(facts));
        return page.into_markdown();
    }
    page.push(judged(facts));
    page.push(diagram(facts).unwrap_or_default());
    page.push(steps(facts));
    page.into_markdown()
}

// Writing to a string cannot fail: the results below are dropped.

fn headline(run_result: &RunResult, facts: &Facts) -> String {
    let words = match run_result.outcome {
        Outcome::Released => "✅ Released",
        Outcome::Ready => "🧪 Ready: runs beside what serves",
        Outcome::RolledBack => "⏪ Rolled back",
        Outcome::Removed => "🗑️ Preview removed",
        Outcome::Cleaned => "🧹 Cleaned up",
        Outcome::Planned => "📋 Planned: nothing was changed",
        Outcome::Unchanged => "✅ Already released",
        Outcome::Superseded => "⏭️ Skipped: a newer release is live",
        Outcome::Failed => "❌ Release failed",
        Outcome::Reverted => "↩️ Release failed and was undone",
        Outcome::Cancelled => "⏹️ Release cancelled",
    };
    let url = facts.value(Output::Url, "");
    let route = match run_result.outcome {
        Outcome::Released | Outcome::Ready | Outcome::RolledBack | Outcome::Unchanged
            if !url.is_empty() =>
        {
            format!(": {}", history(bare(&url), &url))
        }
        Outcome::Released
        | Outcome::Ready
        | Outcome::RolledBack
        | Outcome::Unchanged
        | Outcome::Removed
        | Outcome::Cleaned
        | Outcome::Planned
        | Outcome::Superseded
        | Outcome::Failed
        | Outcome::Reverted
        | Outcome::Cancelled => String::new(),
    };
    format!("## {words}{route}\n\n{}\n", lines(&run_result.state))
}

fn reason(failure: &Failure) -> String {
    format!(
        "**What happened** ({}): {}\n\n**What to do**: {}\n",
        code(failure.reason.as_str()),
        lines(&failure.cause),
        lines(&failure.next)
    )
}

/// Lines of a text, below each other; a list begins on a line of its own.
fn lines(foreign: &str) -> String {
    let foreign = shortened(foreign.trim_end(), TEXT);
    let lines: Vec<String> = foreign.lines().map(sentence).collect();
    lines.join("<br>")
}

fn plan(facts: &Facts) -> String {
    let mut out = String::new();
    for (number, line) in facts.plan.iter().enumerate() {
        let line = sentence(&shortened(line, LINE));
        let _ = writeln!(out, "{}. {line}", number + 1);
    }
    out
}

fn steps(facts: &Facts) -> String {
    if facts.steps.is_empty() {
        return String::new();
    }
    let mut out = "| Step | | Time |\n|:---|---|---:|\n".to_owned();
    for step in &facts.steps {
        let (sign, time) = (step.status.sign(), duration(step.time));
        let _ = writeln!(out, "| {} | {sign} | {time} |", step.name);
    }
    folded("Steps and their times", &out)
}

fn judged(facts: &Facts) -> String {
    if facts.judged.is_empty() {
        return String::new();
    }
    let mut out = "| Workspace | | Why |\n|:---|:---|:---|\n".to_owned();
    for judged in &facts.judged {
        let [what, why] = [&judged.what, &judged.why].map(|text| sentence(&shortened(text, LINE)));
        let (id, became) = (code(&judged.workspace), judged.became);
        let _ = writeln!(out, "| {id}: {what} | {became} | {why} |");
    }
    out
}

fn warnings(facts: &Facts) -> String {
    let shown = facts.warnings.iter().take(WARNINGS);
    let mut each: Vec<String> = shown
        .map(|warning| format!("> ⚠️ {}\n", sentence(&shortened(warning, LINE))))
        .collect();
    let more = facts.warnings.len().saturating_sub(WARNINGS);
    if more > 0 {
        each.push(format!(
            "> ⚠️ … and {more} more warnings: see the log of the step.\n"
        ));
    }
    each.join("\n")
}
