//! Owns standard output: lines, groups and annotations, written so that no text can become a command of the runner.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use crate::runner::door::Door;
use crate::runner::plain::{self, escape_data, escape_property, harmless, one_line};
use crate::runner::random;
use crate::runner::secret::Secret;

/// The runner shows ten annotations of a kind and step, and cuts them at this many characters.
const ANNOTATIONS: usize = 10;
pub(crate) const ANNOTATION_LENGTH: usize = 4000;

/// The job's log. One locked writer, which clones share.
#[derive(Clone)]
pub struct Log {
    door: Door,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    grouped: bool,
    warnings: usize,
    notices: usize,
    commands: Commands,
}

/// Whether the runner looks for commands in what is written.
enum Commands {
    /// It does.
    On,
    /// It does not until it reads this word, as somebody else's text is being written.
    Off(String),
}

/// The kinds of annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Annotation {
    Error,
    Warning,
    Notice,
}

impl Log {
    /// A log that writes to `out` what `door` lets through.
    pub fn new(out: Box<dyn Write + Send>, door: Door) -> Self {
        Self {
            door,
            inner: Arc::new(Mutex::new(Inner {
                out,
                grouped: false,
                warnings: 0,
                notices: 0,
                commands: Commands::On,
            })),
        }
    }

    /// Writes `text`, line by line, as plain text.
    pub fn line(&self, text: &str) {
        let text = self.door.readable(text);
        self.with(|inner| inner.plain(&text));
    }

    /// Opens a group that the reader can fold; closes the one before.
    pub fn group(&self, title: &str) {
        let title = self.door.readable(title);
        self.with(|inner| {
            inner.close_group();
            inner.command(&format!("::group::{}", escape_data(&one_line(&title))));
            inner.grouped = true;
        });
    }

    /// Closes the group, where one is open.
    pub fn end_group(&self) {
        self.with(Inner::close_group);
    }

    /// Writes somebody else's lines, each behind a prefix of ours, with the runner's commands switched off.
    pub fn foreign<'l>(&self, lines: impl IntoIterator<Item = (&'l str, &'l str)>) {
        self.with(|inner| {
            inner.commands_off();
            let mut text = String::new();
            for (prefix, line) in lines {
                put_plain(&mut text, prefix, &self.door.readable(line));
            }
            let _ = inner.out.write_all(text.as_bytes());
        });
    }

    /// What makes text readable that others wrote.
    pub const fn door(&self) -> &Door {
        &self.door
    }

    /// A line that shows only where the runner's debug logging is on.
    fn debug(&self, text: &str) {
        let text = one_line(&self.door.readable(text));
        self.with(|inner| inner.command(&format!("::debug::{}", escape_data(&text))));
    }

    /// The one error annotation of a failed run.
    pub fn error(&self, title: &str, message: &str) {
        self.annotate(Annotation::Error, title, message);
    }

    /// Something that the reader should know although the run goes on.
    pub fn warning(&self, title: &str, message: &str) {
        self.annotate(Annotation::Warning, title, message);
    }

    /// Good news worth showing on the run's page.
    pub fn notice(&self, title: &str, message: &str) {
        self.annotate(Annotation::Notice, title, message);
    }

    /// Asks the runner to hide `secret` wherever it shows up.
    pub(crate) fn mask(&self, secret: &Secret) {
        let secret = secret.reveal();
        if !secret.trim().is_empty() {
            self.with(|inner| inner.command(&format!("::add-mask::{}", escape_data(secret))));
        }
    }

    fn annotate(&self, kind: Annotation, title: &str, message: &str) {
        let [title, message] = [title, message].map(|text| self.door.readable(text));
        self.with(|inner| inner.annotate(kind, &title, &message));
    }

    fn with(&self, act: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut inner);
        // A log that cannot be written has nowhere to say so; the exit code still tells.
        let _ = inner.out.flush();
    }
}

impl Inner {
    fn raw(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    /// A line that the runner is to obey.
    fn command(&mut self, line: &str) {
        if let Commands::Off(word) = std::mem::replace(&mut self.commands, Commands::On) {
            self.raw(&format!("::{word}::"));
        }
        self.raw(line);
    }

    fn commands_off(&mut self) {
        if matches!(self.commands, Commands::On)
            && let Ok(word) = random::word()
        {
            self.raw(&format!("::stop-commands::{word}"));
            self.commands = Commands::Off(word);
        }
    }

    fn plain(&mut self, text: &str) {
        let mut lines = String::new();
        put_plain(&mut lines, "", text);
        let _ = self.out.write_all(lines.as_bytes());
    }

    fn close_group(&mut self) {
        if self.grouped {
            self.command("::endgroup::");
            self.grouped = false;
        }
    }

    fn annotate(&mut self, kind: Annotation, title: &str, message: &str) {
        let (word, shown) = match kind {
            Annotation::Error => ("error", 0),
            Annotation::Warning => ("warning", self.warnings),
            Annotation::Notice => ("notice", self.notices),
        };
        if shown >= ANNOTATIONS {
            return self.plain(&format!("{word}: {title}: {message}"));
        }
        match kind {
            Annotation::Error => {}
            Annotation::Warning => self.warnings += 1,
            Annotation::Notice => self.notices += 1,
        }
        let title = escape_property(&one_line(title));
        let message = plain::message(message, ANNOTATION_LENGTH);
        self.command(&format!("::{word} title={title}::{message}"));
    }
}

/// Adds the lines of a readable `text`, each behind `prefix`.
fn put_plain(out: &mut String, prefix: &str, text: &str) {
    for line in text.split('\n') {
        if line.is_empty() && text.len() > 1 {
            continue;
        }
        out.push_str(prefix);
        out.push_str(&harmless(line));
        out.push('\n');
    }
}

/// With `RUNNER_DEBUG=1`, writes what the code notes for its developers as `::debug::` lines of `log`. The code notes it
/// at the level `info`, for a release has no lower one.
pub fn show_diagnostics(variables: &BTreeMap<String, String>, log: &Log) {
    if variables.get("RUNNER_DEBUG").map(String::as_str) != Some("1") {
        return;
    }
    // A second run in the same process keeps the first one's.
    let _ = env_logger::Builder::new()
        .filter_module("codesphere_release", log::LevelFilter::Info)
        .target(env_logger::Target::Pipe(Box::new(Diagnostics(log.clone()))))
        .format(|out, record| write!(out, "{}", record.args()))
        .try_init();
}

/// Turns each record into a line of the log.
struct Diagnostics(Log);

impl Write for Diagnostics {
    fn write(&mut self, record: &[u8]) -> std::io::Result<usize> {
        self.0.debug(&String::from_utf8_lossy(record));
        Ok(record.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
