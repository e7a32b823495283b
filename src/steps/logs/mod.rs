//! Owns the logs of a stage's steps: shown while they come, in order, bounded; their end wakes whoever waits.

mod place;
mod printer;
mod source;

use std::time::{Duration, Instant};

use crate::codesphere::pipeline::{Stage, StageEntry, State, StepEntry};
use crate::codesphere::types::WorkspaceId;
use crate::failure::Evidence;
use crate::inputs::Logs;
use crate::steps::Tools;
use crate::steps::judge::relevant;
use crate::wait::{Beside, Hint};
use place::{begun, server_of, source};
use printer::{Printer, close};
use source::{News, Source};

/// A line and then silence for so long may be a stage's last.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// How much is printed before whoever waits is asked again whether it is time to look.
const BATCHES: u32 = 16;
/// In a flood of lines the next batch is there after so long.
const NEXT_BATCH: Duration = Duration::from_millis(2);
/// How long the logs of a stage are read on that is over, all together, beside how long one may be silent: of one that
/// went well, and of one that failed.
const AFTER_SUCCESS: u32 = 4;
const AFTER_FAILURE: u32 = 12;
/// How often the rest of a log is asked for.
const LAST_TRIES: u32 = 3;
/// The logs of so many servers are shown for an application that does not answer.
const SERVERS: usize = 4;

/// The logs of one stage.
pub struct Follower<'t, 'a> {
    tools: &'t Tools<'a>,
    workspace: WorkspaceId,
    stage: Stage,
    mode: Logs,
    sources: Vec<Source>,
    /// Which source is shown, where one comes after the other.
    current: usize,
    printer: Printer,
    /// Whether streams here end before their steps do.
    ends_early: bool,
    /// When lines came that no look has followed yet.
    lines_at: Option<Duration>,
}

impl<'t, 'a> Follower<'t, 'a> {
    /// Nothing is read before a step is known to have begun.
    #[must_use]
    pub fn new(tools: &'t Tools<'a>, workspace: WorkspaceId, stage: Stage, mode: Logs) -> Self {
        Self {
            tools,
            workspace,
            stage,
            mode,
            sources: Vec::new(),
            current: 0,
            printer: Printer::default(),
            ends_early: false,
            lines_at: None,
        }
    }

    /// A look has shown these entries of the stage's own run: steps that have begun are followed from now on.
    pub fn note(&mut self, fresh: &[&StageEntry]) {
        self.lines_at = None;
        if self.mode == Logs::None {
            return;
        }
        for entry in fresh {
            for index in begun(self.stage, entry) {
                match self.find(entry, index) {
                    Some(known) => self.note_end(known, entry.steps.get(index)),
                    None => self
                        .sources
                        .push(source(self.workspace, self.stage, entry, index)),
                }
            }
        }
        if self.stage != Stage::Run && self.mode == Logs::Live {
            self.turn_to_the_last();
        }
        self.open_due(self.tools.time.now());
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
        let end = Instant::now() + self.tools.http.rest_of_a_log() * AFTER_SUCCESS;
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
            .position(|source| source.place.step == index && source.place.server == server)
    }

    /// The stage is over, well: what is left of the logs is shown, and the streams are let go.
    pub fn finish(&mut self) {
        if self.mode == Logs::Live {
            self.show_all_rest(match self.stage {
                Stage::Prepare | Stage::Test => AFTER_SUCCESS,
                Stage::Run => 1,
            });
        }
    }

    /// The stage is over, badly: what is left of the logs is shown; gives the last lines of the step that failed
    /// (or was at work), as far as they can be had.
    pub fn finish_failed(&mut self, entries: &[StageEntry]) -> Option<Evidence> {
        if self.mode == Logs::None || self.tools.time.cancel.is_cancelled() {
            return None;
        }
        self.note(&relevant(self.stage, entries));
        // The last line counts: no stream that began before the end is believed to have brought it.
        self.ends_early = true;
        for source in &mut self.sources {
            source.complete = false;
        }
        if self.mode == Logs::Live {
            self.show_all_rest(AFTER_FAILURE);
        }
        let failing = self.failing(entries)?;
        if self.mode == Logs::OnFailure {
            self.read_to_the_end(
                failing,
                false,
                Instant::now() + self.tools.http.rest_of_a_log() * AFTER_FAILURE,
            );
        }
        let source = self.sources.get(failing)?;
        source.evidence(|text| self.tools.log.without_secrets(text))
    }

    /// The step that failed; else the last one that was at work; else the last one there is.
    fn failing(&self, entries: &[StageEntry]) -> Option<usize> {
        let of_state = |wanted: fn(&State) -> bool| {
            relevant(self.stage, entries).into_iter().find_map(|entry| {
                let index = entry.steps.iter().position(|step| wanted(&step.state));
                let index =
                    index.or_else(|| (entry.steps.is_empty() && wanted(&entry.state)).then_some(0));
                self.find(entry, index?)
            })
        };
        of_state(|state| *state == State::Failure)
            .or_else(|| of_state(|state| *state == State::Aborted))
            .or_else(|| of_state(|state| *state == State::Running))
            .or_else(|| self.sources.len().checked_sub(1))
    }

    fn show_all_rest(&mut self, patience: u32) {
        let end = Instant::now() + self.tools.http.rest_of_a_log() * patience;
        for index in self.current..self.sources.len() {
            if index > self.current && self.stage != Stage::Run {
                self.current = index;
                self.open_group();
            }
            self.show_rest(index, end);
        }
        self.current = self.sources.len();
    }

    /// Shows what a step whose end is known has said and was not shown yet.
    fn show_rest(&mut self, index: usize, end: Instant) {
        self.read_to_the_end(index, true, end);
        if let Some(source) = self.sources.get_mut(index) {
            close(self.tools.log, source);
        }
    }

    /// Reads a log until it ends or falls silent; one whose stream ended before the step did, once more.
    fn read_to_the_end(&mut self, index: usize, show: bool, end: Instant) {
        let silence = self.tools.http.rest_of_a_log();
        let Some(source) = self.sources.get_mut(index) else {
            return;
        };
        let mut tries = 0;
        while source.is_open() || (!source.complete && tries < LAST_TRIES) {
            if !source.is_open() {
                tries += 1;
                source.read(self.tools.api.log(&source.place), self.tools.time.now());
            }
            match source.listen_until(silence, end, self.tools.time.cancel) {
                News::Lines(lines) if show => self.printer.print(self.tools.log, source, &lines),
                News::Silence => {
                    source.let_go();
                    return;
                }
                News::Ended if tries > 0 || !self.ends_early => return,
                News::Broke(why) if tries == LAST_TRIES && !source.has_spoken() => {
                    no_log(self.tools, source, &why);
                }
                News::Lines(_) | News::Ended | News::Broke(_) => {}
            }
        }
    }

    fn open_due(&mut self, now: Duration) {
        if self.mode != Logs::Live {
            return;
        }
        let shown = if self.stage == Stage::Run {
            0..self.sources.len()
        } else {
            self.current..(self.current + 1).min(self.sources.len())
        };
        for source in self.sources.get_mut(shown).unwrap_or_default() {
            if source.is_due(now) {
                source.read(self.tools.api.log(&source.place), now);
            }
        }
    }

    fn open_group(&self) {
        if let Some(source) = self.sources.get(self.current) {
            self.tools.log.group(&capitalised(&source.title));
        }
    }

    /// Takes one batch of one source, and waits so long for it; whether there was any.
    fn hear(&mut self, index: usize, now: Duration, patience: Duration) -> Option<Hint> {
        let source = self.sources.get_mut(index)?;
        match source.listen_until(patience, Instant::now() + patience, self.tools.time.cancel) {
            News::Silence => None,
            News::Lines(lines) => {
                if !lines.is_empty() {
                    self.lines_at = Some(now);
                }
                self.printer.print(self.tools.log, source, &lines);
                Some(Hint::Busy)
            }
            News::Ended if source.ended_once() => Some(Hint::Over),
            News::Ended => Some(Hint::No),
            News::Broke(why) => {
                if source.is_given_up() {
                    no_log(self.tools, source, &why);
                }
                Some(Hint::No)
            }
        }
    }
}

impl Beside for Follower<'_, '_> {
    fn tend(&mut self, now: Duration) -> Hint {
        if self.mode != Logs::Live {
            return Hint::No;
        }
        let (mut over, mut patience) = (false, Duration::ZERO);
        for _ in 0..BATCHES {
            let mut heard = false;
            for index in 0..self.sources.len() {
                let hint = self.hear(index, now, patience);
                heard |= hint.is_some();
                over |= hint == Some(Hint::Over);
            }
            if heard {
                patience = NEXT_BATCH;
            } else {
                let quiet = self
                    .lines_at
                    .is_some_and(|at| now.saturating_sub(at) >= LAST_WORDS);
                return match (over, quiet) {
                    (true, _) => Hint::Over,
                    (false, true) => Hint::Perhaps,
                    (false, false) => Hint::No,
                };
            }
        }
        if over { Hint::Over } else { Hint::Busy }
    }

    fn is_listening(&self) -> bool {
        self.stage != Stage::Run && !self.ends_early && self.sources.iter().any(Source::is_sound)
    }
}

/// The last lines of the run stage's logs: why an application does not answer often stands there.
#[must_use]
pub fn of_run(tools: &Tools<'_>, id: WorkspaceId) -> Vec<Evidence> {
    if tools.logs == Logs::None || tools.time.cancel.is_cancelled() {
        return Vec::new();
    }
    let mut follower = Follower::new(tools, id, Stage::Run, Logs::OnFailure);
    let Ok(entries) = tools.api.pipeline(id, Stage::Run) else {
        return Vec::new();
    };
    follower.note(&relevant(Stage::Run, &entries));
    let end = Instant::now() + tools.http.rest_of_a_log() * AFTER_FAILURE;
    follower.sources.truncate(SERVERS);
    for index in 0..follower.sources.len() {
        follower.read_to_the_end(index, false, end);
    }
    let shown = |source: &Source| source.evidence(|text| tools.log.without_secrets(text));
    follower.sources.iter().filter_map(shown).collect()
}

fn no_log(tools: &Tools<'_>, source: &Source, why: &str) {
    tools.log.line(&format!(
        "the log of {} cannot be had ({why}); the stage's state is looked at all the same",
        source.title
    ));
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
