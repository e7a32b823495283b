//! What flows are made of. Steps know how a thing is done, not when.

pub mod connections;
pub mod health;
pub mod judge;
pub mod source;
pub mod stage;
pub mod workspace;

use std::time::Duration;

use crate::clock::Cancellation;
use crate::codesphere::client::{BUDGET, Client};
use crate::http::Http;
use crate::report::Report;
use crate::runner::log::Log;
use crate::wait::{Pace, Time, Wait};

/// What trying again may take while a runner waits to end the job: it kills the container after ten seconds.
const AFTER_CANCELLATION: Duration = Duration::from_secs(4);

/// What every step works with.
#[derive(Clone)]
pub struct Tools<'a> {
    /// The platform.
    pub api: Client<'a>,
    /// For asking applications.
    pub http: Http,
    /// Time and cancellation.
    pub time: Time<'a>,
    /// The job's log.
    pub log: &'a Log,
    /// The run's account.
    pub report: &'a Report<'a>,
}

impl<'a> Tools<'a> {
    /// The same tools for undoing: what stopped the run does not stop the way back, and its calls have a budget of their own.
    #[must_use]
    pub fn for_undo<'b>(&self, fresh: &'b Cancellation) -> Tools<'b>
    where
        'a: 'b,
    {
        let time = Time {
            clock: self.time.clock,
            cancel: fresh,
        };
        let budget = if self.time.cancel.is_cancelled() {
            AFTER_CANCELLATION
        } else {
            BUDGET
        };
        Tools {
            api: self.api.afresh(time, budget),
            http: self.http.with_cancellation(fresh.clone()),
            time,
            log: self.log,
            report: self.report,
        }
    }

    /// A wait for a state of the platform, and the API with calls tried again until the wait's end.
    fn wait(&self, what: &'a str, limit: Duration) -> (Wait<'a>, Client<'a>) {
        let wait = Wait {
            time: self.time,
            log: self.log,
            what,
            limit,
            pace: Pace::POLL,
        };
        (wait, self.api.until(self.time.now() + limit))
    }
}
