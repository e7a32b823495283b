//! Owns what is told once a run or the post step is over: outputs, the result, the annotation, the summary.

use crate::failure::{Failure, Reason};
use crate::report::facts::{Facts, result};
use crate::report::run_result::RunResult;
use crate::report::words::Output;
use crate::report::{Report, evidence, summary};
use crate::runner::state::Progress;

impl Report<'_> {
    /// Writes everything that is told at the end; gives the exit status.
    pub fn finish(&self, run_result: &RunResult, commit_url: impl Fn(&str) -> String) -> u8 {
        self.log.end_group();
        let reason = run_result.reason().map_or("", Reason::as_str);
        let took = self.offset(self.clock.now());
        self.set(Output::Outcome, run_result.outcome.as_str());
        self.set(Output::Reason, reason);
        self.set(Output::DurationSeconds, took.as_secs().to_string());
        let facts = self.facts.borrow();
        for output in Output::ALL {
            let value = match output {
                Output::Result => result(&facts, took).to_string(),
                Output::PreviousWorkspaceIds => facts.value(output, "[]"),
                _ => facts.value(output, ""),
            };
            self.write(output, &value);
        }
        let run_result = run_result.readable(self.log.door());
        self.announce(&run_result, &facts);
        let markdown = summary::markdown(&run_result, &facts, took, commit_url);
        if let Err(failure) = self.files.summary(&markdown) {
            self.log.line(&failure.to_string());
        }
        if !self.unfinished.get() {
            self.state(Progress::<()>::Finished);
        }
        run_result.outcome.exit_code()
    }

    /// Tells how the post step went; gives the exit status.
    pub fn finish_post(&self, run_result: &RunResult) -> u8 {
        self.log.end_group();
        let took = self.offset(self.clock.now());
        let facts = self.facts.borrow();
        let run_result = run_result.readable(self.log.door());
        self.announce(&run_result, &facts);
        let markdown = summary::markdown(&run_result, &facts, took, |_| String::new());
        if let Err(failure) = self.files.summary(&markdown) {
            self.log.line(&failure.to_string());
        }
        u8::from(run_result.failure.is_some())
    }

    fn announce(&self, run_result: &RunResult, facts: &Facts) {
        let outcome = run_result.outcome.as_str();
        if let Some(failure) = &run_result.failure {
            self.show(failure);
            let reason = failure.reason.as_str();
            let title = if reason == outcome {
                format!("Codesphere Release: {outcome}")
            } else {
                format!("Codesphere Release: {outcome} ({reason})")
            };
            let message = format!(
                "{}\n{}\nWhat to do: {}",
                failure.cause, run_result.state, failure.next
            );
            return self.log.error(&title, &message);
        }
        let title = format!("Codesphere Release: {outcome}");
        let url = facts.value(Output::Url, "");
        self.log
            .notice(&title, format!("{} {url}", run_result.state).trim_end());
    }

    /// What shows the failure stands right before its annotation, where a reader who jumps to that finds it.
    fn show(&self, failure: &Failure) {
        for evidence in &failure.evidence {
            self.log.line(&evidence::title(evidence));
            let lines = evidence::lines(evidence);
            self.log
                .foreign(lines.iter().map(|line| ("| ", line.as_str())));
        }
    }
}
