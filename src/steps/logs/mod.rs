//! Owns the logs of a stage's steps: shown while they come, in order, bounded; their end wakes whoever waits.

mod location;
mod printer;
pub(crate) mod rest;
mod source;

use std::time::{Duration, Instant};

use crate::codesphere::pipeline::{Stage, StageEntry, StepEntry};
use crate::ids::WorkspaceId;
use crate::release::Logs;
use crate::steps::RunContext;
use crate::wait::{Alongside, Event};
use location::{begun, server_of, source};
use printer::Printer;
use source::{AFTER_SUCCESS, LogUpdate, Source};

/// How much is printed before whoever waits is asked again whether it is time to look.
const BATCHES: u32 = 16;
/// In a flood of lines the next batch is there after so long; waiting for it is better than sleeping while the flood waits.
const NEXT_BATCH: Duration = Duration::from_millis(20);

/// The logs of one stage.
pub(crate) struct Follower<'t, 'a> {
    ctx: &'t RunContext<'a>,
    workspace: WorkspaceId,
    stage: Stage,
    mode: Logs,
    sources: Vec<Source>,
    /// Which source is shown, where one comes after the other.
    current: usize,
    printer: Printer,
    /// Whether there was something to hear the last time.
    flooded: bool,
    /// Whether streams here end before their steps do.
    ends_early: bool,
}

impl<'t, 'a> Follower<'t, 'a> {
    /// Nothing is read before a step is known to have begun.
    pub(crate) fn new(
        ctx: &'t RunContext<'a>,
        workspace: WorkspaceId,
        stage: Stage,
        mode: Logs,
    ) -> Self {
        Self {
            ctx,
            workspace,
            stage,
            mode,
            sources: Vec::new(),
            current: 0,
            printer: Printer::default(),
            flooded: false,
            ends_early: false,
        }
    }

    /// A look has shown these entries of the stage's own run: steps that have begun are followed from now on.
    pub(crate) fn note(&mut self, fresh: &[&StageEntry]) {
        if self.mode == Logs::None {
            return;
        }
        for entry in fresh {
            for index in begun(self.stage, entry) {
                match self.find(entry, index) {
                    Some(known) => self.note_end(known, entry.steps.get(index)),
                    None => self.sources.push(source(
                        self.workspace,
                        self.stage,
                        entry,
                        index,
                        self.ctx.log.door(),
                    )),
                }
            }
        }
        if self.stage != Stage::Run && self.mode == Logs::Live {
            self.turn_to_the_last();
        }
        self.open_due();
    }

    /// A stream that has ended is complete if its step is over now. Once one was not, none is believed to be.
    fn note_end(&mut self, known: usize, step: Option<&StepEntry>) {
        let Some(source) = self.sources.get_mut(known) else {
            return;
        };
        if std::mem::take(&mut source.ended) {
            let over = step.is_some_and(|step| step.state.is_terminal());
            self.ends_early |= !over;
            source.complete = over && !self.ends_early;
        }
    }

    /// Steps come one after the other: those before the last that has begun are over.
    fn turn_to_the_last(&mut self) {
        let end = Instant::now() + self.ctx.http.rest_of_a_log() * AFTER_SUCCESS;
        while self.current + 1 < self.sources.len() {
            self.show_rest(self.current, end);
            self.current += 1;
            self.open_group();
        }
    }

    fn find(&self, entry: &StageEntry, index: usize) -> Option<usize> {
        let server = server_of(self.stage, entry);
        self.sources
            .iter()
            .position(|source| source.location.step == index && source.location.server == server)
    }

    fn open_due(&mut self) {
        if self.mode != Logs::Live {
            return;
        }
        let shown = if self.stage == Stage::Run {
            0..self.sources.len()
        } else {
            self.current..(self.current + 1).min(self.sources.len())
        };
        let time = self.ctx.time;
        for source in self.sources.get_mut(shown).unwrap_or_default() {
            if source.is_due(time.now()) {
                source.read(self.ctx.api.log(&source.location), time);
            }
        }
    }

    fn open_group(&self) {
        if let Some(source) = self.sources.get(self.current) {
            self.ctx.log.group(&capitalised(&source.title));
        }
    }

    /// Takes one batch of each source. Where there was one just before, the next is worth a moment's waiting.
    fn hear_all(&mut self) -> Vec<Event> {
        let sources = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        let patience = match NEXT_BATCH.checked_div(sources) {
            Some(patience) if self.flooded => patience,
            Some(_) | None => Duration::ZERO,
        };
        (0..self.sources.len())
            .filter_map(|index| self.hear(index, patience))
            .collect()
    }

    /// Takes one batch of one source, and waits so long for it; whether there was any.
    fn hear(&mut self, index: usize, patience: Duration) -> Option<Event> {
        let source = self.sources.get_mut(index)?;
        match source.listen_until(patience, Instant::now() + patience, self.ctx.time.cancel) {
            LogUpdate::Silence => None,
            LogUpdate::Lines(lines) => {
                self.printer.print(self.ctx.log, source, &lines);
                Some(Event::Busy)
            }
            LogUpdate::Ended if source.ended_once() => Some(Event::Ended),
            LogUpdate::Ended => Some(Event::None),
            LogUpdate::Broke(why) => {
                if source.is_given_up() {
                    no_log(self.ctx, source, &why);
                }
                Some(Event::None)
            }
        }
    }
}

impl Alongside for Follower<'_, '_> {
    fn tend(&mut self) -> Event {
        if self.mode != Logs::Live {
            return Event::None;
        }
        let mut ended = false;
        for _ in 0..BATCHES {
            let events = self.hear_all();
            ended |= events.contains(&Event::Ended);
            self.flooded = !events.is_empty();
            if !self.flooded {
                break;
            }
        }
        match (ended, self.flooded) {
            (true, _) => Event::Ended,
            (false, true) => Event::Busy,
            (false, false) => Event::None,
        }
    }
}

fn no_log(ctx: &RunContext<'_>, source: &Source, why: &str) {
    ctx.log.line(&format!(
        "the log of {} cannot be had ({why}); the stage's state is looked at all the same",
        source.title
    ));
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
