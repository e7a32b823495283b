//! Owns what a run notes of production while it goes on: what was healthy, when the application was down, what went live.

use std::time::Duration;

use crate::changes::{Change, Difference};
use crate::moment::Moment;
use crate::report::Report;
use crate::report::changes::{line, words};
use crate::report::facts::{Healthy, Told};
use crate::report::words::Output;
use crate::text::shortened;

/// Characters of an author's name, and of a subject.
const AUTHOR: usize = 60;
const SUBJECT: usize = 200;

impl Report<'_> {
    /// What the calendar says now.
    fn moment(&self) -> Moment {
        Moment::from(self.clock.calendar())
    }

    /// The application was healthy at `url`, as a check found; `workspace` serves there.
    pub(crate) fn healthy(&self, url: &str, workspace: &impl ToString) {
        self.facts.borrow_mut().healthy = Some(Healthy {
            url: self.readable(url),
            workspace: workspace.to_string(),
            at: self.moment(),
        });
    }

    /// Visitors are without the application from now on; gives the seconds since the start of 1970.
    pub(crate) fn down(&self) -> u64 {
        let now = self.moment();
        self.facts.borrow_mut().down = Some((now, None));
        now.since_1970().as_secs()
    }

    /// Visitors have been without the application since a main step stopped it.
    pub(crate) fn down_since(&self, seconds_since_1970: u64) {
        let since = Moment::from_seconds(seconds_since_1970);
        self.facts.borrow_mut().down = Some((since, None));
    }

    /// Visitors have the application again.
    pub(crate) fn up(&self) {
        let now = self.moment();
        if let Some((_, end @ None)) = &mut self.facts.borrow_mut().down {
            *end = Some(now);
        }
    }

    /// Whether the release stays is left to the job from now on.
    pub(crate) fn leave_to_job(&self) {
        self.facts.borrow_mut().left_to_job = true;
        if let Some(state) = &mut *self.state.borrow_mut() {
            state.leave_to_job(self.moment().since_1970().as_secs());
        }
    }

    /// How long ago that moment was, in seconds after the start of 1970; one that is yet to come was now.
    pub(crate) fn ago(&self, seconds_since_1970: u64) -> Duration {
        let now = self.moment().since_1970().as_secs();
        Duration::from_secs(now.saturating_sub(seconds_since_1970))
    }

    /// Visitors are without the application from now on, unless that is noted already.
    pub(crate) fn down_from_now(&self) {
        if self.facts.borrow().down.is_none() {
            self.down();
        }
    }

    /// Where people reach what served before.
    pub(crate) fn serves(&self, url: impl Into<String>) {
        self.facts.borrow_mut().serves = Some(self.readable(&url.into()));
    }

    /// A request that brings back what served before.
    pub(crate) fn by_hand(&self, command: &str) {
        let command = self.readable(command);
        self.facts.borrow_mut().by_hand.push(command);
    }

    /// What went live, and what is no longer.
    pub(crate) fn changes(&self, difference: Difference) {
        self.set(Output::Changes, difference.added.to_string());
        let commits = difference.commits.into_iter().map(|change| Change {
            author: shortened(&self.readable(&change.author), AUTHOR),
            subject: shortened(&self.readable(&change.subject), SUBJECT),
            ..change
        });
        let difference = Difference {
            commits: commits.collect(),
            ..difference
        };
        self.log.line(&words(&difference));
        let lines: Vec<String> = difference.commits.iter().map(line).collect();
        self.log
            .foreign(lines.iter().map(|line| ("| ", line.as_str())));
        self.facts.borrow_mut().changes = Some(Told::Known(difference));
    }

    /// What went live cannot be told; why.
    pub(crate) fn unknown_changes(&self, why: &str) {
        let why = self.readable(why);
        self.log
            .line(&format!("which commits went live is not known: {why}"));
        self.facts.borrow_mut().changes = Some(Told::Unknown(why));
    }

    /// The newest commit, made so many seconds after the start of 1970, is live now. A date that is yet to come counts
    /// as now.
    pub(crate) fn lead_time(&self, made: u64) {
        let now = self.moment().since_1970();
        let seconds = now.as_secs().saturating_sub(made);
        self.set(Output::LeadTimeSeconds, seconds.to_string());
    }
}
