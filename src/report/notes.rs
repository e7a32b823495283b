//! Owns what a run notes of production while it goes on: what was healthy, and when the application was down.

use crate::moment::Moment;
use crate::report::Report;
use crate::report::facts::Healthy;

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

    /// Where people reach what served before.
    pub(crate) fn serves(&self, url: impl Into<String>) {
        self.facts.borrow_mut().serves = Some(self.readable(&url.into()));
    }

    /// A request that brings back what served before.
    pub(crate) fn by_hand(&self, command: &str) {
        let command = self.readable(command);
        self.facts.borrow_mut().by_hand.push(command);
    }
}
