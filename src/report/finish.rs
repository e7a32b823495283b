//! Owns what is told once a run or the post step is over: outputs, the result, the annotation, the summary.

use crate::failure::Reason;
use crate::report::facts::{Facts, result};
use crate::report::run_result::RunResult;
use crate::report::story::Story;
use crate::report::words::Output;
use crate::report::{Report, announcement, summary};
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
        self.tell(&run_result, &facts, false, &commit_url);
        if !self.unfinished.get() {
            self.state(Progress::<()>::Finished);
        }
        run_result.outcome.exit_code()
    }

    /// Tells how the post step went; gives the exit status.
    pub fn finish_post(&self, run_result: &RunResult, commit_url: impl Fn(&str) -> String) -> u8 {
        self.log.end_group();
        let run_result = run_result.readable(self.log.door());
        self.tell(&run_result, &self.facts.borrow(), true, &commit_url);
        u8::from(run_result.failure.is_some())
    }

    fn tell(
        &self,
        run_result: &RunResult,
        facts: &Facts,
        is_post: bool,
        commit_url: &dyn Fn(&str) -> String,
    ) {
        announcement::announce(run_result, facts, self.log);
        let markdown = summary::markdown(&Story {
            run_result,
            facts,
            start: self.began,
            took: self.offset(self.clock.now()),
            is_post,
            commit_url,
        });
        if let Err(failure) = self.files.summary(&markdown) {
            self.log.line(&failure.to_string());
        }
    }
}
