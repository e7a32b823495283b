//! Owns standard output: lines, groups and annotations, written so that no text can become a command of the runner.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use crate::runner::random;
use crate::runner::secret::Secret;
use crate::text::shortened;

/// The runner shows ten annotations of a kind and step, and cuts them at this many characters.
const ANNOTATIONS: usize = 10;
const ANNOTATION_LENGTH: usize = 4000;
/// Longer lines are cut, in bytes or less.
const LINE_LENGTH: usize = 4096;

/// The job's log. One locked writer; safe to share between threads.
pub struct Log {
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    grouped: bool,
    warnings: usize,
    notices: usize,
}

/// The kinds of annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Annotation {
    Error,
    Warning,
    Notice,
}

impl Log {
    /// A log that writes to `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                out,
                grouped: false,
                warnings: 0,
                notices: 0,
            }),
        }
    }

    /// Writes `text`, line by line, as plain text.
    pub fn line(&self, text: &str) {
        self.with(|inner| inner.plain("", text));
    }

    /// Opens a group that the reader can fold; closes the one before.
    pub fn group(&self, title: &str) {
        self.with(|inner| {
            inner.close_group();
            inner.raw(&format!("::group::{}", escape_data(&one_line(title))));
            inner.grouped = true;
        });
    }

    /// Closes the group, where one is open.
    pub fn end_group(&self) {
        self.with(Inner::close_group);
    }

    /// Writes somebody else's text: prefixed, and with the runner's commands switched off around it.
    pub fn foreign(&self, text: &str) {
        let Ok(token) = random::word() else {
            return self.line(text);
        };
        self.with(|inner| {
            inner.raw(&format!("::stop-commands::{token}"));
            inner.plain("| ", text);
            inner.raw(&format!("::{token}::"));
        });
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
    pub fn mask(&self, secret: &Secret) {
        self.with(|inner| inner.raw(&format!("::add-mask::{}", escape_data(secret.reveal()))));
    }

    fn annotate(&self, kind: Annotation, title: &str, message: &str) {
        self.with(|inner| inner.annotate(kind, title, message));
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

    fn plain(&mut self, prefix: &str, text: &str) {
        for line in text.split(['\n', '\r']) {
            if line.is_empty() && text.len() > 1 {
                continue;
            }
            self.raw(&format!("{prefix}{}", harmless(line)));
        }
    }

    fn close_group(&mut self) {
        if self.grouped {
            self.raw("::endgroup::");
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
            return self.plain("", &format!("{word}: {title}: {message}"));
        }
        match kind {
            Annotation::Error => {}
            Annotation::Warning => self.warnings += 1,
            Annotation::Notice => self.notices += 1,
        }
        let title = escape_property(&one_line(title));
        let message = escape_data(&shortened(&printable(message), ANNOTATION_LENGTH));
        self.raw(&format!("::{word} title={title}::{message}"));
    }
}

/// `text` as one line that the runner takes for text and nothing else.
fn harmless(line: &str) -> String {
    let shown: String = line.chars().filter(|c| !hidden(*c)).collect();
    let shown = shortened(&shown, LINE_LENGTH / 4).replace("##[", "#\u{200b}#[");
    if shown.trim_start().starts_with("::") {
        return format!("| {shown}");
    }
    shown
}

/// Control characters but the tab, and marks that turn the direction of writing.
fn hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !hidden(*c)).collect()
}

fn one_line(text: &str) -> String {
    harmless(&text.replace(['\n', '\r'], " "))
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// With `RUNNER_DEBUG=1`, writes what the code notes for its developers as `::debug::` lines.
pub fn show_diagnostics(variables: &std::collections::BTreeMap<String, String>) {
    if variables.get("RUNNER_DEBUG").map(String::as_str) != Some("1") {
        return;
    }
    env_logger::Builder::new()
        .filter_module("codesphere_release", log::LevelFilter::Debug)
        .target(env_logger::Target::Stdout)
        .format(|out, record| {
            writeln!(
                out,
                "::debug::{}",
                escape_data(&one_line(&record.args().to_string()))
            )
        })
        .init();
}
