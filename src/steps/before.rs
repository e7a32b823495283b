//! Owns what the version that serves answers before a release: asked once, remembered, compared with.

use crate::background::Task;
use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::release::{Answered, Statuses};
use crate::steps::RunContext;
use crate::steps::answer::{Answer, Question, describe, judge, read};
use crate::text::list;

/// An address that people reach, and who serves there.
#[derive(Debug)]
pub(crate) struct Serving {
    question: Question,
    /// The workspaces that are not known to be awake.
    workspaces: Vec<WorkspaceId>,
}

impl Serving {
    /// One that is asked if these workspaces are awake.
    pub(crate) fn of(question: Question, workspaces: &[WorkspaceId]) -> Self {
        Self {
            question: question.of_any_version(),
            workspaces: workspaces.to_vec(),
        }
    }
}

/// The questions that wake nobody. What cannot be told is not asked.
fn awake<'s>(ctx: &RunContext<'_>, serving: &'s [Serving]) -> Vec<&'s Question> {
    let once = ctx.api.until(ctx.time.now());
    let read: Vec<_> = serving
        .iter()
        .map(|serving| {
            let of = |id: &WorkspaceId| once.begin_status(*id);
            let workspaces: Vec<_> = serving.workspaces.iter().map(of).collect();
            (&serving.question, workspaces)
        })
        .collect();
    let asked = read.into_iter().filter_map(|(question, workspaces)| {
        let mut awake = workspaces
            .into_iter()
            .map(|status| status.answer().is_ok_and(|status| status.is_running));
        awake.all(|awake| awake).then_some(question)
    });
    asked.collect()
}

/// Asks each once, all at the same time; warns of what is not good now, and gives what can be compared with.
pub(crate) fn ask_all(ctx: &RunContext<'_>, serving: &[Serving]) -> Result<Vec<Answered>, Failure> {
    let awake = awake(ctx, serving);
    let ask = |question: &&Question| {
        let (http, request) = (ctx.http.clone(), question.request());
        Task::start("before", move || http.visit(request, read))
    };
    let asked: Vec<_> = awake.iter().map(ask).collect();
    let mut before = Vec::new();
    for (question, answer) in awake.into_iter().zip(asked) {
        let Some(answer) = answer.result() else {
            continue;
        };
        let answer = judge(ctx.log.door(), question, answer)?;
        note(ctx, question, &answer);
        before.extend(answer.orderly);
    }
    Ok(before)
}

fn note(ctx: &RunContext<'_>, question: &Question, answer: &Answer) {
    let url = question.url();
    let door = ctx.log.door();
    let words = match &answer.orderly {
        Some(answered) => format!("answers {}", describe(answered, door)),
        None => format!("{} when it was asked", answer.words),
    };
    ctx.log.line(&format!("{url} {words} before the release"));
    if answer.symptom.is_some() {
        ctx.report.warn(warning(url, &words, &question.statuses));
    }
}

fn warning(url: &str, words: &str, wanted: &Statuses) -> String {
    format!(
        "{url} {words} now; `health-status` is {wanted}. A new version that answers the same does not count as healthy: set `health-path` or `health-status` to what a healthy one answers."
    )
}

/// What the version before answered, for the words of a failed check.
pub(crate) fn told(ctx: &RunContext<'_>) -> String {
    if ctx.before.is_empty() {
        return String::new();
    }
    let door = ctx.log.door();
    let each = ctx
        .before
        .iter()
        .map(|answered| format!("{} answered {}", answered.url, describe(answered, door)));
    format!(" Before the release, {}.", list(each))
}
