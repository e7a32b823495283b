//! Owns the question whether an application is healthy: three good answers in a row, one second from start to start.

use std::collections::VecDeque;
use std::io::Read;
use std::time::Duration;

use crate::failure::{Evidence, Failure};
use crate::http::{Head, Over, Request, TransportError};
use crate::ids::WorkspaceId;
use crate::release::Health;
use crate::runner::door::Door;
use crate::runner::secret::Secret;
use crate::steps::RunContext;
use crate::text::duration;
use crate::wait::{Ended, Poll, Wait};

/// How many good answers in a row count.
const IN_A_ROW: u32 = 3;
/// So many bad answers are told when there were no good ones.
const ANSWERS: usize = 5;
const APART: Duration = Duration::from_secs(1);
/// As much of an answer is searched for the expected text, in bytes.
const BODY_LIMIT: u64 = 1 << 20;
const TOO_MANY_REQUESTS: u16 = 429;
/// Pages of the platform that mean "not up", whatever their status.
const PLACEHOLDERS: [&str; 2] = ["Workspace server is starting", "Too Many Requests"];

/// What to ask, and what a good answer is.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    url: String,
    statuses: crate::release::Statuses,
    body: Option<String>,
    key: Option<Secret>,
    over: Over,
}

impl Question {
    /// Asks `base` (`https://host`) as `health` says, expecting the version `commit` on workspace `id`.
    pub(crate) fn new(base: &str, health: &Health, commit: &str, id: WorkspaceId) -> Self {
        let short: String = commit.chars().take(7).collect();
        let filled = |text: &String| {
            text.replace("{sha}", commit)
                .replace("{short-sha}", &short)
                .replace("{workspace-id}", &id.to_string())
        };
        Self {
            url: format!("{}{}", base.trim_end_matches('/'), health.path),
            statuses: health.statuses.clone(),
            body: health.body.as_ref().map(filled),
            key: None,
            over: Over::New,
        }
    }

    /// Asks over connections that are kept, as nothing else can ever answer there.
    pub(crate) fn over_kept_connections(mut self) -> Self {
        self.over = Over::Kept;
        self
    }

    /// Shows `key` to a restricted dev domain, so that it answers instead of asking to sign in.
    pub(crate) fn with_key(mut self, key: Option<Secret>) -> Self {
        self.key = key;
        self
    }

    /// Any text is good, as any version may answer.
    pub(crate) fn of_any_version(mut self) -> Self {
        self.body = None;
        self
    }

    /// The address that is asked.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Why an application is not healthy.
#[derive(Debug)]
pub(crate) enum HealthError {
    /// It was not healthy in time; the last answer, in words, and the last ones with their time.
    TimedOut(String, Evidence),
    /// The run was cancelled, or cannot ask at all.
    Failed(Failure),
}

/// Asks until three good answers come in a row.
pub(crate) fn check(
    ctx: &RunContext<'_>,
    question: &Question,
    limit: Duration,
) -> Result<(), HealthError> {
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
    wait.until(|elapsed| {
        let asked = ctx.time.now();
        let answer = ask(ctx, question)?;
        Ok(tally.count(answer, elapsed, ctx.time.since(asked)))
    })
    .map_err(|ended| match ended {
        Ended::TimedOut(last) => HealthError::TimedOut(
            last,
            Evidence {
                title: format!("The last bad answers of {}", question.url),
                lines: tally.bad_ones.clone().into(),
            },
        ),
        Ended::Failed(failure) => HealthError::Failed(failure),
    })?;
    let took = duration(ctx.time.since(start));
    ctx.log.line(&format!(
        "{} is healthy: {IN_A_ROW} in a row after {took} ({} asked, {} bad)",
        question.url, tally.asked, tally.bad
    ));
    Ok(())
}

/// The answers so far.
#[derive(Default)]
struct Tally {
    asked: u32,
    bad: u32,
    good_in_a_row: u32,
    /// The last bad ones, with their time.
    bad_ones: VecDeque<String>,
}

impl Tally {
    /// The next question after a good answer follows a second after the one that took so long.
    fn count(&mut self, answer: Answer, elapsed: Duration, took: Duration) -> Poll<()> {
        self.asked += 1;
        match answer {
            Answer::Good(words) => {
                self.good_in_a_row += 1;
                let good = self.good_in_a_row;
                if good >= IN_A_ROW {
                    return Poll::Ready(());
                }
                Poll::Unconfirmed(
                    format!("{words}: good, {good} of {IN_A_ROW}"),
                    APART.saturating_sub(took),
                )
            }
            Answer::Bad(words) => {
                self.note_bad(&words, elapsed);
                Poll::Pending(words)
            }
            Answer::NotUp(words) => {
                self.note_bad(&words, elapsed);
                Poll::Throttled(words)
            }
        }
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
}

/// Asks once: what a bad answer was, in words.
pub(crate) fn ask_once(
    ctx: &RunContext<'_>,
    question: &Question,
) -> Result<Result<(), String>, Failure> {
    Ok(match ask(ctx, question)? {
        Answer::Good(_) => Ok(()),
        Answer::Bad(words) | Answer::NotUp(words) => Err(words),
    })
}

enum Answer {
    Good(String),
    Bad(String),
    /// The platform answers in the application's place. Asking hard can lock a client out.
    NotUp(String),
}

fn ask(ctx: &RunContext<'_>, question: &Question) -> Result<Answer, Failure> {
    // A compressed answer would be searched for nothing.
    let mut headers = vec![
        ("accept", "*/*".to_owned()),
        ("accept-encoding", "identity".to_owned()),
    ];
    if let Some(key) = &question.key {
        headers.push(("x-cs-authorization", format!("Bearer {}", key.reveal())));
    }
    let request = Request {
        method: "GET",
        url: question.url.clone(),
        headers,
        body: None,
        over: question.over,
    };
    let read = |_: &Head, body: &mut dyn Read| {
        let mut bytes = Vec::new();
        // Half a page is judged as it is: a broken one lacks the expected text, or is good enough without.
        let whole = body.take(BODY_LIMIT).read_to_end(&mut bytes).is_ok();
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if !whole || bytes.len() as u64 == BODY_LIMIT {
            text.push('…');
        }
        (text, whole)
    };
    match ctx.http.visit(request, read) {
        Ok((head, (body, whole))) => Ok(judge(ctx.log.door(), question, &head, &body, whole)),
        Err(TransportError::Cancelled) => Err(Failure::cancelled()),
        Err(error) => Ok(Answer::Bad(format!("gave no answer: {error}"))),
    }
}

fn judge(door: &Door, question: &Question, head: &Head, body: &str, whole: bool) -> Answer {
    let status = head.status;
    let start = door.excerpt(body, 120);
    let start = start.trim();
    if let Some(page) = PLACEHOLDERS.iter().find(|page| body.contains(**page)) {
        return Answer::NotUp(format!(
            "answered {status} with the platform's page \"{page}\""
        ));
    }
    if !question.statuses.contain(status) {
        let location = head.location.as_deref().unwrap_or_default();
        let to = match location {
            "" => String::new(),
            location => format!(" to {}", door.excerpt(location, 120)),
        };
        let sign_in = if (300..400).contains(&status) && location.contains("signin") {
            " (it asks visitors to sign in)"
        } else {
            ""
        };
        let words = format!(
            "answered {status}{to}{sign_in}, wanted {}; it begins \"{start}\"",
            question.statuses
        );
        return if status == TOO_MANY_REQUESTS {
            Answer::NotUp(words)
        } else {
            Answer::Bad(words)
        };
    }
    if !whole {
        return Answer::Bad(format!("answered {status}, but the body broke off"));
    }
    match &question.body {
        Some(wanted) if !body.contains(wanted) => Answer::Bad(format!(
            "answered {status}, but without \"{}\" (`health-body`); it begins \"{start}\"",
            door.excerpt(wanted, 80)
        )),
        _ => Answer::Good(format!("answered {status}")),
    }
}
