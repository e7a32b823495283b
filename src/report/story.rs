//! Owns what the summary is made from: how the run ended, what it knows, and when it was.

use std::time::Duration;

use crate::moment::Moment;
use crate::report::facts::Facts;
use crate::report::prose;
use crate::report::run_result::RunResult;
use crate::text::{duration, shortened};

/// Characters of a sentence that may hold foreign text.
const SENTENCE: usize = 2000;

/// All that the summary tells.
pub(super) struct Story<'s> {
    pub(super) run_result: &'s RunResult,
    pub(super) facts: &'s Facts,
    pub(super) start: Moment,
    pub(super) took: Duration,
    /// Whether it goes on with what a main step's summary has begun.
    pub(super) is_post: bool,
    pub(super) commit_url: &'s dyn Fn(&str) -> String,
}

impl Story<'_> {
    /// A sentence as Markdown, its commits short and linked.
    pub(super) fn sentence(&self, words: &str) -> String {
        prose::sentence(&shortened(words, SENTENCE), self.commit_url)
    }

    /// A commit as a link.
    pub(super) fn linked(&self, commit: &str) -> String {
        prose::linked(commit, self.commit_url)
    }

    /// What the clock showed so long after the start.
    pub(super) fn clock(&self, offset: Duration) -> String {
        self.start.later(offset).clock()
    }
}

/// How long from `start` to `end`, and when that was.
pub(super) fn span(start: Moment, end: Moment) -> String {
    let long = duration(start.apart(end));
    format!("{long} ({}–{} UTC)", start.clock(), end.clock())
}
