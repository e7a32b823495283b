//! Owns how late the end of a stage is noticed, with log streams that end, stay open, and cannot be had.

use std::io;
use std::thread;

use crate::platform::{Lengths, Logs};
use crate::release::{Release, both};
use crate::table::{Table, figure, seconds};

/// The ways of streams, and how many seconds late an end may be noticed with each.
const WAYS: [(&str, Logs, f64); 3] = [
    ("that end", Logs::Ending, 0.3),
    ("that stay open", Logs::Open, 1.4),
    ("that cannot be had", Logs::Refused, 1.4),
];

/// Measures with stages that take so many seconds, and shows the worst of `prepare` and `test`.
pub(crate) fn print(stage: f64) -> io::Result<()> {
    let lengths = Lengths {
        stage,
        boot: 1.0,
        stop: 0.5,
        switch: 0.5,
        // Nothing is said shortly before the end: only the stream's own end can tell of it.
        lines: 2,
    };
    let heading = format!("A stage of {stage} s, noticed later by");
    let mut table = Table::new(&[&heading, "simple", "zero-downtime", "to reach"]);
    for ((what, _, most), releases) in WAYS.iter().zip(all(lengths)?) {
        let cell = |release: &Release| {
            let late = release.stages.iter().take(2).map(|seen| seen.late);
            let worst = late.fold(0.0, f64::max);
            figure(seconds(worst), worst > *most)
        };
        let cells = releases.each_ref().map(cell);
        let target = format!("≤ {}", seconds(*most));
        table.row(format!("with log streams {what}"), &cells, &target);
    }
    table.print()
}

/// All ways at the same time.
fn all(lengths: Lengths) -> io::Result<Vec<[Release; 2]>> {
    thread::scope(|scope| {
        let threads = WAYS.map(|(_, logs, _)| scope.spawn(move || both(lengths, logs)));
        let panicked = |_| io::Error::other("measuring streams panicked");
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(panicked)?)
            .collect()
    })
}
