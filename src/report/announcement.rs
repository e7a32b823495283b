//! Owns the annotation that tells how a run ended: the worst first, then what to do.

use crate::failure::Failure;
use crate::report::caution;
use crate::report::evidence;
use crate::report::facts::Facts;
use crate::report::prose::plain;
use crate::report::run_result::RunResult;
use crate::report::words::Output;
use crate::runner::log::{ANNOTATION_LENGTH, Log};

/// Tells how the run ended.
pub(super) fn announce(run_result: &RunResult, facts: &Facts, log: &Log) {
    let outcome = run_result.outcome.as_str();
    let Some(failure) = &run_result.failure else {
        let title = format!("Codesphere Release: {outcome}");
        let (state, url) = (plain(&run_result.state), facts.value(Output::Url, ""));
        let words = if state.contains(&url) {
            state
        } else {
            format!("{state} {url}")
        };
        return log.notice(&title, &words);
    };
    show(failure, log);
    let reason = failure.reason.as_str();
    let title = if reason == outcome {
        format!("Codesphere Release: {outcome}")
    } else {
        format!("Codesphere Release: {outcome} ({reason})")
    };
    let message = message(run_result, failure, facts);
    if message.chars().count() > ANNOTATION_LENGTH {
        log.line(&message);
    }
    log.error(&title, &message);
}

fn message(run_result: &RunResult, failure: &Failure, facts: &Facts) -> String {
    let first = match &run_result.caution {
        Some(caution) => caution::words(caution, facts),
        None => plain(&run_result.state),
    };
    let (cause, next) = (plain(&failure.cause), plain(&failure.next));
    let label = if run_result.caution.is_some() {
        "What happened: "
    } else {
        ""
    };
    format!("{first}\n{label}{cause}\nWhat to do: {next}")
        .trim_start()
        .to_owned()
}

/// What shows the failure stands right before its annotation, where a reader who jumps to that finds it.
fn show(failure: &Failure, log: &Log) {
    for evidence in &failure.evidence {
        log.line(&evidence::title(evidence));
        let lines = evidence::lines(evidence);
        log.foreign(lines.iter().map(|line| ("| ", line.as_str())));
    }
}
