//! Owns a question that is asked ahead of its turn, alongside something else that takes a round trip.

use std::cell::Cell;

use crate::background::Task;
use crate::failure::Failure;
use crate::http::{Head, TransportError};
use crate::steps::RunContext;
use crate::steps::answer::{Answer, Page, Question, judge, read};

type Exchange = Result<(Head, Page), TransportError>;

/// A question, and its first answer where that is on its way already.
pub(crate) struct Ahead {
    question: Question,
    first: Cell<Option<Task<Exchange>>>,
}

impl Ahead {
    /// Nothing is asked yet.
    pub(crate) const fn new(question: Question) -> Self {
        Self {
            question,
            first: Cell::new(None),
        }
    }

    pub(super) const fn question(&self) -> &Question {
        &self.question
    }

    /// Asks now; the next [`Ahead::ask`] takes the answer. An answer that was on its way is left behind.
    pub(super) fn begin(&self, ctx: &RunContext<'_>) {
        let (http, request) = (ctx.http.clone(), self.question.request());
        // A cancellation ends it, as it ends every exchange.
        let first = Task::start("ahead", move || http.visit(request, read));
        self.first.set(Some(first));
    }

    /// The answer that is on its way, else a new one.
    pub(super) fn ask(&self, ctx: &RunContext<'_>) -> Result<Answer, Failure> {
        let on_its_way = self.first.take().and_then(Task::result);
        let answer = on_its_way.unwrap_or_else(|| ctx.http.visit(self.question.request(), read));
        judge(ctx.log.door(), &self.question, answer)
    }
}
