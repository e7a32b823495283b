//! Owns how much of a stage's logs is printed: a cap, a count of what was left out, and the end in any case.

use crate::codesphere::events::LogLine;
use crate::runner::log::Log;
use crate::steps::logs::source::{Source, TAIL};

/// As much of a stage's logs is printed, in bytes.
const MOST: usize = 20_000_000;

/// Prints the lines of a stage's steps.
#[derive(Debug, Default)]
pub(super) struct Printer {
    printed: usize,
}

impl Printer {
    /// Prints `lines`, as far as the cap allows.
    pub(super) fn print(&mut self, log: &Log, source: &mut Source, lines: &[LogLine]) {
        let fits = lines
            .iter()
            .take_while(|line| {
                let fits = self.printed + line.text.len() <= MOST;
                self.printed += if fits { line.text.len() + 3 } else { MOST };
                fits
            })
            .count();
        let (shown, left_out) = lines.split_at(fits.min(lines.len()));
        source.left_out += left_out.len() as u64;
        if !shown.is_empty() {
            show(log, source, shown.iter());
        }
    }
}

/// The source has no more: what was left out of it is counted, and its end shown in any case.
pub(super) fn close(log: &Log, source: &mut Source) {
    let left_out = std::mem::take(&mut source.left_out);
    if left_out == 0 {
        return;
    }
    let tail = TAIL.min(usize::try_from(left_out).unwrap_or(TAIL));
    log.line(&format!("… {} lines left out", left_out - tail as u64));
    let kept = source.tail().count();
    show(log, source, source.tail().skip(kept.saturating_sub(tail)));
}

/// Standard output and standard error are told apart by `|` and `!`.
fn show<'l>(log: &Log, source: &Source, lines: impl Iterator<Item = &'l LogLine>) {
    let (out, error) = (
        format!("{}| ", source.prefix),
        format!("{}! ", source.prefix),
    );
    log.foreign(lines.map(|line| {
        let prefix = if line.error { &error } else { &out };
        (prefix.as_str(), line.text.as_str())
    }));
}
