//! Old and new serving together for a while: both asked, and ended early where one of them answers badly.

use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::promotion::plan::Promotion;
use crate::steps::RunContext;
use crate::steps::answer::Question;
use crate::steps::check;
use crate::steps::health::ask_once;
use crate::text::duration;

/// How often each address is asked, and how often it may answer badly in a row.
const APART: Duration = Duration::from_secs(5);
const BAD_IN_A_ROW: u32 = 3;
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// An address that is asked while old and new serve together.
pub(crate) struct Watched {
    question: Question,
    whose: Whose,
    bad_in_a_row: u32,
}

#[derive(Clone, Copy)]
enum Whose {
    /// The new workspace's own development domain.
    New,
    /// A route: either version may answer.
    Shared,
}

/// What is to be asked: the new workspace itself, and each route that is shared and can be asked.
pub(crate) fn watched(
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
) -> Result<Vec<Watched>, Failure> {
    let Some(health) = &ctx.health else {
        return Ok(Vec::new());
    };
    let watched = |question, whose| Watched {
        question,
        whose,
        bad_in_a_row: 0,
    };
    let (workspace, commit) = (&candidate.workspace, &candidate.commit);
    let own = check::question(ctx, workspace, health, commit)?;
    let shared = promotion
        .targets
        .iter()
        .filter(|target| !target.restricted && !target.before.is_empty());
    let routes = shared.map(|target| {
        let url = target.route.to_string();
        let question = Question::new(&url, health, commit, workspace.id).of_any_version();
        watched(question, Whose::Shared)
    });
    Ok(std::iter::once(watched(own, Whose::New))
        .chain(routes)
        .collect())
}

/// Asks all for as long as `time`.
pub(crate) fn watch(
    time: Duration,
    mut watched: Vec<Watched>,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let start = ctx.time.now();
    let (mut asked, mut bad, mut told) = (0, 0, Duration::ZERO);
    loop {
        for each in &mut watched {
            asked += 1;
            bad += u32::from(!is_good(each, ctx)?);
        }
        let passed = ctx.time.since(start);
        let left = time.saturating_sub(passed);
        if left.is_zero() {
            break;
        }
        if passed.saturating_sub(told) >= SIGN_OF_LIFE {
            told = passed;
            ctx.log.line(&format!(
                "old and new serve together since {} of {} ({asked} requests, {bad} failed)",
                duration(passed),
                duration(time)
            ));
        }
        ctx.time.pause(left.min(APART))?;
    }
    ctx.report.waited(start, ctx.time.now());
    let words = format!(
        "old and new served together for {} ({asked} requests, {bad} failed)",
        duration(time)
    );
    ctx.log.line(&words);
    ctx.report.note("Canary", words);
    Ok(())
}

fn is_good(watched: &mut Watched, ctx: &RunContext<'_>) -> Result<bool, Failure> {
    let Err(words) = ask_once(ctx, &watched.question)? else {
        watched.bad_in_a_row = 0;
        return Ok(true);
    };
    watched.bad_in_a_row += 1;
    let url = watched.question.url();
    ctx.log.line(&format!(
        "{url} {words}: bad, {} of {BAD_IN_A_ROW}",
        watched.bad_in_a_row
    ));
    if watched.bad_in_a_row < BAD_IN_A_ROW {
        return Ok(false);
    }
    Err(match watched.whose {
        Whose::New => Failure::new(
            Reason::Unhealthy,
            format!(
                "While it shared traffic (`canary`), the new version was not healthy at {url} three times in a row; the last time it {words}."
            ),
            "It did before it had traffic: look for what visitors do to it, such as load or connections to a database, in the log of `run` in the workspace's CI pipeline.",
        ),
        Whose::Shared => Failure::new(
            Reason::SwitchFailed,
            format!(
                "While old and new shared traffic (`canary`), {url} was not healthy three times in a row; the last time it {words}."
            ),
            "Look at the domain itself, and whether old and new can serve the same visitors.",
        ),
    })
}
