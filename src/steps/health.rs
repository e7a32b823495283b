//! Owns the question whether an application is healthy: three good answers in a row, one second from start to start.

use std::collections::VecDeque;
use std::time::Duration;

use crate::failure::{Evidence, Failure};
use crate::release::Answered;
use crate::steps::RunContext;
use crate::steps::ahead::Ahead;
use crate::steps::answer::{Answer, Question, ask};
use crate::steps::symptom::Symptom;
use crate::text::duration;
use crate::wait::{Ended, Poll, Wait};

/// How many good answers in a row count.
const IN_A_ROW: u32 = 3;
/// So many bad answers are told when there were no good ones.
const ANSWERS: usize = 5;
const APART: Duration = Duration::from_secs(1);
/// An answer that the version before gave as well will not become good once it has stayed for so long.
const HOPELESS: Duration = Duration::from_secs(30);
/// So often, at most, is looked whether anything else ends the wait.
const LOOKS_APART: Duration = Duration::from_secs(2);

/// Why an application is not healthy.
#[derive(Debug)]
pub(crate) enum HealthError {
    /// It was not healthy in time.
    TimedOut(Last),
    /// It went on answering as the version before did, which is not good either.
    AsBefore(Last, Box<Answered>),
    /// The run was cancelled, or cannot ask at all, or something else has ended the wait.
    Failed(Failure),
}

/// How it answered last.
#[derive(Debug)]
pub(crate) struct Last {
    /// As in `answered 502`.
    pub(crate) words: String,
    /// What is wrong with it.
    pub(crate) symptom: Symptom,
    /// The last bad answers with their time.
    pub(crate) answers: Evidence,
}

/// Asks until three good answers come in a row.
pub(crate) fn check(
    ctx: &RunContext<'_>,
    question: &Question,
    limit: Duration,
) -> Result<(), HealthError> {
    check_alongside(ctx, &Ahead::new(question.clone()), limit, || Ok(()))
}

/// As [`check`]; now and then while the answers are bad, `look` may find what ends the wait.
pub(super) fn check_alongside(
    ctx: &RunContext<'_>,
    ahead: &Ahead,
    limit: Duration,
    mut look: impl FnMut() -> Result<(), Failure>,
) -> Result<(), HealthError> {
    let question = ahead.question();
    ctx.log.line(&format!(
        "asking {}, at most {}",
        question.url,
        duration(limit)
    ));
    let start = ctx.time.now();
    let wait = Wait {
        time: ctx.time,
        observer: ctx.report,
        what: "good answers",
        limit,
        first_poll: Duration::ZERO,
    };
    let mut tally = Tally::default();
    let found = wait.until(|elapsed| {
        let asked = ctx.time.now();
        let answer = ahead.ask(ctx)?;
        let poll = tally.count(answer, question, elapsed, ctx.time.since(asked));
        if tally.is_time_to_look(elapsed) {
            look()?;
        }
        Ok(poll)
    });
    match found {
        Ok(Found::Healthy) => {
            let took = duration(ctx.time.since(start));
            ctx.log.line(&format!(
                "{} is healthy: {IN_A_ROW} in a row after {took} ({} requests, {} failed)",
                question.url, tally.asked, tally.bad
            ));
            Ok(())
        }
        Ok(Found::AsBefore(words, before)) => {
            Err(HealthError::AsBefore(tally.last(words, question), before))
        }
        Err(Ended::TimedOut(words)) => Err(HealthError::TimedOut(tally.last(words, question))),
        Err(Ended::Failed(failure)) => Err(HealthError::Failed(failure)),
    }
}

/// What ends the questions before their time is over.
enum Found {
    Healthy,
    /// A bad answer, in words, stays as that of the version before.
    AsBefore(String, Box<Answered>),
}

/// The answers so far.
#[derive(Default)]
struct Tally {
    asked: u32,
    bad: u32,
    good_in_a_row: u32,
    /// The last bad ones, with their time.
    bad_ones: VecDeque<String>,
    /// What is wrong with the last one.
    symptom: Option<Symptom>,
    /// What it is in comparison, and since when it has stayed the same.
    stays: Option<(Answered, Duration)>,
    /// When something else was looked at.
    looked: Duration,
}

impl Tally {
    /// The next question after a good answer follows a second after the one that took so long.
    fn count(
        &mut self,
        answer: Answer,
        question: &Question,
        elapsed: Duration,
        took: Duration,
    ) -> Poll<Found> {
        self.asked += 1;
        self.note_orderly(answer.orderly, elapsed);
        let words = answer.words;
        let Some(symptom) = answer.symptom else {
            self.good_in_a_row += 1;
            let good = self.good_in_a_row;
            if good >= IN_A_ROW {
                return Poll::Ready(Found::Healthy);
            }
            return Poll::Unconfirmed(
                format!("{words}: good, {good} of {IN_A_ROW}"),
                APART.saturating_sub(took),
            );
        };
        self.note_bad(&words, elapsed);
        let wants_patience = symptom.wants_patience();
        self.symptom = Some(symptom);
        match self.stays_as(&question.hopeless, elapsed) {
            Some(before) => Poll::Ready(Found::AsBefore(words, Box::new(before.clone()))),
            None if wants_patience => Poll::Throttled(words),
            None => Poll::Pending(words),
        }
    }

    /// Now and then while the answers are bad.
    fn is_time_to_look(&mut self, elapsed: Duration) -> bool {
        let due = self.good_in_a_row == 0 && elapsed >= self.looked + LOOKS_APART;
        if due {
            self.looked = elapsed;
        }
        due
    }

    fn note_orderly(&mut self, orderly: Option<Answered>, elapsed: Duration) {
        let since = match (&self.stays, &orderly) {
            (Some((known, since)), Some(answered)) if known.is_like(answered) => *since,
            _ => elapsed,
        };
        self.stays = orderly.map(|answered| (answered, since));
    }

    /// Which of `before` it has been answering like for long.
    fn stays_as<'b>(&self, before: &'b [Answered], elapsed: Duration) -> Option<&'b Answered> {
        let (answered, since) = self.stays.as_ref()?;
        let long = elapsed.saturating_sub(*since) >= HOPELESS;
        before
            .iter()
            .find(|before| long && before.is_like(answered))
    }

    fn note_bad(&mut self, words: &str, elapsed: Duration) {
        self.good_in_a_row = 0;
        self.bad += 1;
        if self.bad_ones.len() == ANSWERS {
            self.bad_ones.pop_front();
        }
        let told = format!("after {}: it {words}", duration(elapsed));
        self.bad_ones.push_back(told);
    }

    fn last(self, words: String, question: &Question) -> Last {
        Last {
            words,
            symptom: self.symptom.unwrap_or(Symptom::NoAnswer),
            answers: Evidence {
                title: format!("The last bad answers of {}", question.url),
                lines: self.bad_ones.into(),
            },
        }
    }
}

/// Asks once: what a bad answer was, in words.
pub(crate) fn ask_once(
    ctx: &RunContext<'_>,
    question: &Question,
) -> Result<Result<(), String>, Failure> {
    let answer = ask(ctx, question)?;
    Ok(answer.symptom.map_or(Ok(()), |_| Err(answer.words)))
}
