//! Owns how a caution is shown: as a box in the summary, in words elsewhere.

use std::fmt::Write;

use crate::caution::Caution;
use crate::report::facts::Facts;
use crate::report::prose;
use crate::report::story::Story;
use crate::runner::markdown::fenced;

// Writing to a string cannot fail: the results below are dropped.

/// The box that stands first in a summary.
pub(super) fn boxed(caution: &Caution, story: &Story<'_>) -> String {
    let mut out = format!("**{}**\n", story.sentence(&caution.risk));
    if let Some(healthy) = healthy(story.facts) {
        let _ = writeln!(out, "\n{}", story.sentence(&healthy));
    }
    out.push('\n');
    for (number, step) in caution.steps.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", number + 1, story.sentence(&step.words));
        for line in step
            .command
            .as_deref()
            .map_or_else(String::new, shell)
            .lines()
        {
            let _ = writeln!(out, "   {line}");
        }
    }
    if !caution.cause.is_empty() {
        let _ = writeln!(out, "\n{}", story.sentence(&caution.cause));
    }
    let lines = out
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned() + "\n");
    format!("> [!CAUTION]\n{}", lines.collect::<String>())
}

/// The same for the log and its annotation.
pub(super) fn words(caution: &Caution, facts: &Facts) -> String {
    let mut out = prose::plain(&caution.risk);
    if let Some(healthy) = healthy(facts) {
        let _ = write!(out, "\n{}", prose::plain(&healthy));
    }
    for (number, step) in caution.steps.iter().enumerate() {
        let _ = write!(out, "\n{}. {}", number + 1, prose::plain(&step.words));
        if let Some(command) = &step.command {
            let _ = write!(out, "\n{command}");
        }
    }
    if !caution.cause.is_empty() {
        let _ = write!(out, "\n{}", prose::plain(&caution.cause));
    }
    out
}

/// A command as a block.
pub(super) fn shell(command: &str) -> String {
    fenced("bash", command)
}

/// What last was healthy, and which workspace that came from.
fn healthy(facts: &Facts) -> Option<String> {
    let healthy = facts.healthy.as_ref()?;
    Some(format!(
        "Last healthy answer: {} at {} UTC, from workspace {}.",
        healthy.url,
        healthy.at.clock(),
        healthy.workspace
    ))
}
