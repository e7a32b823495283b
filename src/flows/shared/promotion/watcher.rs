//! Owns the watcher: what serves is asked for a while, and ended early where something is bad three times in a row. A
//! canary is watched while old and new share traffic, a release (`watch`) once it has all of it.

use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::profile::Profile;
use crate::steps::RunContext;
use crate::steps::answer::Question;
use crate::steps::health::ask_once;
use crate::steps::{check, stage, verdict};
use crate::text::duration;

/// How often each is asked, and how often it may be bad in a row.
const APART: Duration = Duration::from_secs(5);
const BAD_IN_A_ROW: u32 = 3;
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Why it is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Old and new share traffic.
    Canary,
    /// The new version has all of it.
    Watch,
}

impl Why {
    const fn name(self) -> &'static str {
        match self {
            Self::Canary => "Canary",
            Self::Watch => "Watch",
        }
    }

    const fn input(self) -> &'static str {
        match self {
            Self::Canary => "`canary`",
            Self::Watch => "`watch`",
        }
    }

    /// What goes on, and what has gone on in the end.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Canary => ("old and new serve together", "old and new served together"),
            Self::Watch => ("watching the new version", "the new version was watched"),
        }
    }
}

/// Something that is watched.
struct Watched<'a> {
    what: What<'a>,
    bad_in_a_row: u32,
}

enum What<'a> {
    /// The new workspace's own development domain.
    New(Question),
    /// A route.
    Route(Question),
    /// The run stage of the new workspace.
    Run(WorkspaceId, &'a Profile),
    /// An address of the user's, which must answer 2xx.
    Verdict(&'a str),
}

/// Watches the candidate for as long as `time`.
pub(super) fn watch(
    why: Why,
    time: Duration,
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let mut watched = watched(why, promotion, candidate, ctx)?;
    let start = ctx.time.now();
    let (mut asked, mut bad, mut told) = (0, 0, Duration::ZERO);
    let (goes_on, is_over) = why.words();
    loop {
        for each in &mut watched {
            asked += 1;
            bad += u32::from(!each.is_good(why, ctx)?);
        }
        let passed = ctx.time.since(start);
        let left = time.saturating_sub(passed);
        if left.is_zero() {
            break;
        }
        if passed.saturating_sub(told) >= SIGN_OF_LIFE {
            told = passed;
            ctx.log.line(&format!(
                "{goes_on} since {} of {} ({asked} requests, {bad} failed)",
                duration(passed),
                duration(time)
            ));
        }
        ctx.time.pause(left.min(APART))?;
    }
    ctx.report.waited(start, ctx.time.now());
    let words = format!(
        "{is_over} for {} ({asked} requests, {bad} failed)",
        duration(time)
    );
    ctx.log.line(&words);
    ctx.report.note(why.name(), words);
    Ok(())
}

/// What is to be asked: the new workspace itself, and each route that can be; after the full switch `run` and the user's
/// own address, too.
fn watched<'a>(
    why: Why,
    promotion: &'a Promotion,
    candidate: &'a Candidate,
    ctx: &RunContext<'_>,
) -> Result<Vec<Watched<'a>>, Failure> {
    let mut all = Vec::new();
    let (workspace, commit) = (&candidate.workspace, &candidate.commit);
    if let Some(health) = &ctx.health {
        let own = check::question(ctx, workspace, health, commit)?;
        all.push(What::New(own));
        let open = promotion.targets.iter().filter(|target| !target.restricted);
        for target in open.filter(|target| why == Why::Watch || !target.before.is_empty()) {
            let url = target.route.to_string();
            let question = Question::new(&url, health, commit, workspace.id);
            all.push(What::Route(match why {
                Why::Canary => question.of_any_version(),
                Why::Watch => question,
            }));
        }
    }
    if why == Why::Watch {
        if candidate.is_awake {
            all.push(What::Run(workspace.id, &candidate.profile));
        }
        let verdict = promotion
            .inputs
            .watch
            .as_ref()
            .and_then(|watch| watch.url.as_deref());
        all.extend(verdict.map(What::Verdict));
    }
    let watched = |what| Watched {
        what,
        bad_in_a_row: 0,
    };
    Ok(all.into_iter().map(watched).collect())
}

impl Watched<'_> {
    fn is_good(&mut self, why: Why, ctx: &RunContext<'_>) -> Result<bool, Failure> {
        let Err(words) = self.what.ask(ctx)? else {
            self.bad_in_a_row = 0;
            return Ok(true);
        };
        self.bad_in_a_row += 1;
        let (name, times) = (self.what.name(), self.bad_in_a_row);
        ctx.log
            .line(&format!("{name} {words}: bad, {times} of {BAD_IN_A_ROW}"));
        if times < BAD_IN_A_ROW {
            return Ok(false);
        }
        Err(self.what.failure(why, &words))
    }
}

impl What<'_> {
    /// Once: what a bad answer was, in words.
    fn ask(&self, ctx: &RunContext<'_>) -> Result<Result<(), String>, Failure> {
        match self {
            Self::New(question) | Self::Route(question) => ask_once(ctx, question),
            Self::Verdict(url) => verdict::ask(ctx, url),
            Self::Run(id, file) => Ok(match stage::not_up(ctx, *id, file) {
                Ok(None) => Ok(()),
                Ok(Some(words)) => Err(format!("is not up ({words})")),
                Err(failure) if failure.is_cancellation() => return Err(failure),
                Err(failure) => Err(format!("is not known: {failure}")),
            }),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::New(question) | Self::Route(question) => question.url().to_owned(),
            Self::Verdict(url) => (*url).to_owned(),
            Self::Run(id, _) => format!("run of workspace {id}"),
        }
    }

    fn failure(&self, why: Why, words: &str) -> Failure {
        let (reason, what) = self.found(why);
        let cause = format!("{what} three times in a row; the last time it {words}.");
        Failure::new(reason, cause, self.next_step(why))
    }

    fn found(&self, why: Why) -> (Reason, String) {
        let (name, input) = (self.name(), why.input());
        let watched = format!("While the new version was watched ({input})");
        match (self, why) {
            (Self::New(_), Why::Canary) => (
                Reason::Unhealthy,
                format!(
                    "While it shared traffic ({input}), the new version was not healthy at {name}"
                ),
            ),
            (Self::Route(_), Why::Canary) => (
                Reason::SwitchFailed,
                format!("While old and new shared traffic ({input}), {name} was not healthy"),
            ),
            (Self::New(_), Why::Watch) => (
                Reason::Unhealthy,
                format!("{watched}, it was not healthy at {name}"),
            ),
            (Self::Route(_), Why::Watch) => (
                Reason::SwitchFailed,
                format!("{watched}, {name} was not healthy"),
            ),
            (Self::Run(..), _) => (Reason::StageFailed, format!("{watched}, {name} was not up")),
            (Self::Verdict(_), _) => (
                Reason::Unhealthy,
                format!("{watched}, `watch-url` did not answer 2xx ({name})"),
            ),
        }
    }

    const fn next_step(&self, why: Why) -> &'static str {
        match (self, why) {
            (Self::New(_), Why::Canary) => {
                "It did before it had traffic: look for what visitors do to it, such as load or connections to a database, in the log of `run` in the workspace's CI pipeline."
            }
            (Self::New(_), Why::Watch) => {
                "It was when it got traffic: look for what visitors do to it, such as load or connections to a database, in the log of `run` in the workspace's CI pipeline."
            }
            (Self::Route(_), Why::Canary) => {
                "Look at the domain itself, and whether old and new can serve the same visitors."
            }
            (Self::Route(_), Why::Watch) => {
                "Look at the domain itself, and at the log of `run` in the workspace's CI pipeline."
            }
            (Self::Run(..), _) => {
                "Look at the log of `run` in the workspace's CI pipeline: the process must stay in the foreground."
            }
            (Self::Verdict(_), _) => "Look at what this address reports of the new version.",
        }
    }
}
