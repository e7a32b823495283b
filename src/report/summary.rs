//! Owns the job summary: what people would put in a release note, or what they must know of a failure, first.

use std::fmt::Write;

use crate::failure::Failure;
use crate::report::caution;
use crate::report::changes;
use crate::report::evidence;
use crate::report::facts::Facts;
use crate::report::gantt::diagram;
use crate::report::story::Story;
use crate::report::table::{bare, table};
use crate::report::words::{Outcome, Output};
use crate::runner::markdown::{block, code, folded, link, sentence, text};
use crate::runner::page::Page;
use crate::text::{duration, shortened};

/// Characters of a text, and of a line.
const TEXT: usize = 10_000;
const LINE: usize = 2000;
/// The log has them all.
const WARNINGS: usize = 20;

/// The summary as Markdown; all that comes from outside is escaped.
pub(super) fn markdown(story: &Story<'_>) -> String {
    let facts = story.facts;
    let mut page = Page::default();
    page.push(headline(story));
    if let Some(caution) = &story.run_result.caution {
        page.push(caution::boxed(caution, story));
    }
    if let Some(failure) = &story.run_result.failure {
        page.push(reason(failure, story));
        for block in shown(failure, story) {
            page.push(block);
        }
    }
    page.push(warnings(facts));
    page.push(table(story));
    page.push(changes::listing(story));
    page.push(by_hand(facts));
    if story.run_result.outcome == Outcome::Planned {
        page.push(plan(facts));
        return page.into_markdown();
    }
    page.push(judged(facts));
    page.push(steps(story));
    page.push(diagram(facts).unwrap_or_default());
    page.into_markdown()
}

// Writing to a string cannot fail: the results below are dropped.

fn headline(story: &Story<'_>) -> String {
    let (run_result, facts) = (story.run_result, story.facts);
    let words = match run_result.outcome {
        Outcome::Reverted if story.is_post => {
            "↩️ Reverted by the post step: production is as before"
        }
        Outcome::Failed if story.is_post => "❌ The post step could not recover everything",
        Outcome::Released => released(story),
        Outcome::Ready => "🧪 Ready: runs alongside what serves",
        Outcome::RolledBack => "⏪ Rolled back",
        Outcome::Removed => "🗑️ Preview removed",
        Outcome::Cleaned => "🧹 Cleaned up",
        Outcome::Planned => "📋 Planned: nothing was changed",
        Outcome::Unchanged => "✅ Already released",
        Outcome::Superseded => "⏭️ Skipped: a newer release is live",
        Outcome::Held => "⏸️ Held: nothing was released",
        Outcome::Failed => "❌ Release failed",
        Outcome::Reverted => "↩️ Release failed and was reverted",
        Outcome::Cancelled => "⏹️ Release cancelled",
    };
    let place = place(run_result.outcome, facts);
    if run_result.caution.is_some() {
        return format!("## {words}{place}\n");
    }
    format!("## {words}{place}\n\n{}\n", lines(&run_result.state, story))
}

const fn released(story: &Story<'_>) -> &'static str {
    if story.is_post {
        "✅ Finished: the job has verified the release"
    } else if story.facts.left_to_job {
        "🔎 Live, and not finished: the rest of the job verifies it"
    } else {
        "✅ Released"
    }
}

/// Where people reach it, where they do.
fn place(outcome: Outcome, facts: &Facts) -> String {
    let url = facts.value(Output::Url, "");
    match outcome {
        Outcome::Released | Outcome::Ready | Outcome::RolledBack | Outcome::Unchanged
            if !url.is_empty() =>
        {
            format!(": {}", link(bare(&url), &url))
        }
        Outcome::Released
        | Outcome::Ready
        | Outcome::RolledBack
        | Outcome::Unchanged
        | Outcome::Removed
        | Outcome::Cleaned
        | Outcome::Planned
        | Outcome::Superseded
        | Outcome::Held
        | Outcome::Failed
        | Outcome::Reverted
        | Outcome::Cancelled => String::new(),
    }
}

fn reason(failure: &Failure, story: &Story<'_>) -> String {
    format!(
        "**What happened** ({}): {}\n\n**What to do**: {}\n",
        code(failure.reason.as_str()),
        lines(&failure.cause, story),
        lines(&failure.next, story)
    )
}

/// What shows the failure: the first of it open, unless a caution comes first.
fn shown(failure: &Failure, story: &Story<'_>) -> Vec<String> {
    let is_calm = story.run_result.caution.is_none();
    let each = failure.evidence.iter().enumerate();
    each.map(|(index, evidence)| {
        let title = evidence::title(evidence);
        let lines = block(&evidence::lines(evidence).join("\n"));
        if index == 0 && is_calm {
            format!("**{}**\n\n{lines}", text(&title))
        } else {
            folded(&title, &lines)
        }
    })
    .collect()
}

/// Requests for a rollback, whole.
fn by_hand(facts: &Facts) -> String {
    if facts.by_hand.is_empty() {
        return String::new();
    }
    let commands = facts.by_hand.iter().map(|command| caution::shell(command));
    folded(
        "Rollback by hand, with an API key in the variable CODESPHERE_API_TOKEN",
        &commands.collect::<Vec<_>>().join("\n"),
    )
}

/// Lines of a text, below each other; a list begins on a line of its own.
fn lines(foreign: &str, story: &Story<'_>) -> String {
    let foreign = shortened(foreign.trim_end(), TEXT);
    let lines: Vec<String> = foreign.lines().map(|line| story.sentence(line)).collect();
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

fn steps(story: &Story<'_>) -> String {
    if story.facts.steps.is_empty() {
        return String::new();
    }
    let mut out = "| Step | | Began (UTC) | Time |\n|:---|---|---:|---:|\n".to_owned();
    for step in &story.facts.steps {
        let (sign, time) = (step.status.sign(), duration(step.time));
        let began = story.clock(step.start);
        let _ = writeln!(out, "| {} | {sign} | {began} | {time} |", step.name);
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
