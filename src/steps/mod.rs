//! What flows are made of. Steps know how a thing is done, not when.

pub(crate) mod ahead;
pub(crate) mod answer;
pub(crate) mod before;
pub(crate) mod changes;
pub(crate) mod check;
pub mod commands;
pub(crate) mod connections;
pub(crate) mod demands;
pub(crate) mod embedded;
pub(crate) mod git;
pub(crate) mod health;
pub(crate) mod hints;
pub(crate) mod judge;
pub(crate) mod label;
pub(crate) mod launch;
pub(crate) mod logs;
pub(crate) mod managed;
pub(crate) mod profile;
pub(crate) mod retention;
mod service_plans;
pub(crate) mod source;
pub(crate) mod stage;
pub(crate) mod submodules;
pub(crate) mod switch;
pub(crate) mod symptom;
mod up;
pub(crate) mod vault;
pub(crate) mod verdict;
pub(crate) mod warm_up;
pub(crate) mod workspace;

use std::time::Duration;

use crate::clock::Cancellation;
use crate::codesphere::client::{BUDGET, Client};
use crate::codesphere::error::ApiError;
use crate::context::Context;
use crate::failure::Failure;
use crate::http::Http;
use crate::release::{Answered, Health, Logs, ManagedServices};
use crate::report::Report;
use crate::runner::log::Log;
use crate::runner::secret::Secret;
use crate::wait::{Time, Wait};

/// What trying again may take while a runner waits to end the job: it kills the container after ten seconds.
const AFTER_CANCELLATION: Duration = Duration::from_secs(4);

/// How often a request is sent whose answers are lost, and how long after each the platform is looked at.
const TRIES: u32 = 3;
const BEFORE_A_LOOK: Duration = Duration::from_secs(2);

/// What every step works with.
#[derive(Clone)]
pub(crate) struct RunContext<'a> {
    /// The platform.
    pub(crate) api: Client<'a>,
    /// For asking applications.
    pub(crate) http: Http,
    /// Time and cancellation.
    pub(crate) time: Time<'a>,
    /// The job's log.
    pub(crate) log: &'a Log,
    /// The run's account.
    pub(crate) report: &'a Report<'a>,
    /// The workflow run that this is.
    pub(crate) context: &'a Context,
    /// The flow, as the input spells it.
    pub(crate) flow: &'static str,
    /// The API key; a restricted development domain is shown it.
    pub(crate) key: Secret,
    /// How the application is asked; absent: not at all.
    pub(crate) health: Option<Health>,
    /// What becomes of a release that would lose data of managed services.
    pub(crate) managed: ManagedServices,
    /// What the version before the release answered, where it could be asked.
    pub(crate) before: Vec<Answered>,
    /// Which logs of pipeline stages are shown.
    pub(crate) logs: Logs,
    /// Whether a verified release is left to the rest of the job.
    pub(crate) left_to_job: bool,
    /// Whether the runner waits for this process to end: nothing that takes long is begun.
    pub(crate) time_limited: bool,
}

impl<'a> RunContext<'a> {
    /// Whether a stranger's code runs in the workspace in hand: only a preview may do that.
    pub(crate) fn runs_foreign_code(&self) -> bool {
        self.flow == "preview" && self.context.is_foreign()
    }

    /// The same tools for undoing: what stopped the run does not stop the way back, and its calls have a budget of their own.
    pub(crate) fn for_undo<'b>(&self, fresh: &'b Cancellation) -> RunContext<'b>
    where
        'a: 'b,
    {
        let time = Time {
            clock: self.time.clock,
            cancel: fresh,
            readers: self.time.readers,
        };
        let time_limited = self.time.cancel.is_cancelled();
        let budget = if time_limited {
            AFTER_CANCELLATION
        } else {
            BUDGET
        };
        let http = self.http.for_undo(fresh.clone(), time_limited);
        RunContext {
            api: self.api.afresh(http.clone(), time, budget),
            http,
            time,
            logs: if time_limited { Logs::None } else { self.logs },
            time_limited,
            ..self.clone()
        }
    }

    /// Sends what must not be sent twice blindly: after a lost answer, `look` says whether it had its effect.
    /// The inner error is one that another try does not mend.
    fn once(
        &self,
        mut send: impl FnMut() -> Result<(), ApiError>,
        mut look: impl FnMut() -> Result<bool, Failure>,
    ) -> Result<Result<(), ApiError>, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match send() {
                Ok(()) => return Ok(Ok(())),
                Err(error) => error,
            };
            if !error.may_have_acted() {
                return Ok(Err(error));
            }
            self.log.line(&format!(
                "{error}; looking whether it was done all the same"
            ));
            self.time.pause(BEFORE_A_LOOK)?;
            if look()? {
                return Ok(Ok(()));
            }
            if tries == TRIES {
                return Ok(Err(error));
            }
        }
    }

    /// A wait for a state of the platform, and the API with calls tried again until the wait's end.
    fn wait(&self, what: &'a str, limit: Duration) -> (Wait<'a>, Client<'a>) {
        let wait = Wait {
            time: self.time,
            observer: self.report,
            what,
            limit,
            first_poll: Duration::ZERO,
        };
        (wait, self.api.until(self.time.now() + limit))
    }
}
