//! Owns which figures are shown, how each is worked out, and what it is to reach.

use std::io;

use crate::load::{self, Flooding};
use crate::platform::{Lengths, Logs};
use crate::release::{Release, STAGES, both};
use crate::table::{Table, figure, megabytes, seconds};

/// To reach, in seconds: how late the end of a stage is noticed when its log says so.
const LAG_WITH_STREAMS: f64 = 0.3;
/// In seconds: what a release adds where logs say that stages are over.
const OVERHEAD: f64 = 1.0;
/// In seconds of a processor.
const PROCESSOR: f64 = 0.05;
/// In megabytes.
const MEMORY: f64 = 10.0;
/// In megabytes a second.
const RATE: f64 = 50.0;
/// In seconds.
const FIRST_REQUEST: f64 = 0.01;
/// What is compared with: a look every so many seconds.
const POLLER: f64 = 5.0;

/// What is measured besides releases.
pub(crate) struct Others {
    pub(crate) long_stage: f64,
    pub(crate) team: u64,
    pub(crate) lines: Flooding,
    pub(crate) one_line: Flooding,
    /// Whether this version reads log streams.
    pub(crate) streams: bool,
}

/// Releases several times with each flow, and shows the worst of every figure.
pub(crate) fn releases(how: &str, lengths: Lengths, rounds: u32, logs: Logs) -> io::Result<()> {
    let mut flows = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (releases, release) in flows.iter_mut().zip(both(lengths, logs)?) {
            releases.push(release);
        }
    }
    let mut rows = Rows {
        table: Table::new(&[
            &format!("Release {how}"),
            "simple",
            "zero-downtime",
            "to reach",
        ]),
        flows: flows
            .iter()
            .map(|releases| releases.iter().collect())
            .collect(),
    };
    let streams = logs != Logs::Off;
    rows.booted(lengths.boot);
    rows.noticed(lengths.stage, streams);
    rows.times(streams.then_some(OVERHEAD));
    rows.costs();
    rows.table.print()
}

/// A table on the way, and for each flow the releases that it tells of.
struct Rows<'a> {
    table: Table,
    flows: Vec<Vec<&'a Release>>,
}

impl Rows<'_> {
    /// How late it was noticed that a new workspace was running.
    fn booted(&mut self, boot: f64) {
        let cell = |releases: &Vec<&Release>| {
            let late = releases.iter().filter_map(|release| release.boot_late);
            late.max_by(f64::total_cmp)
                .map_or_else(String::new, seconds)
        };
        let cells: Vec<String> = self.flows.iter().map(cell).collect();
        let what = format!("workspace running after {boot} s, noticed later by");
        self.table.row(what, &cells, "");
    }

    /// How late the end of each stage was noticed. No log says that `run` is up: that is always found by looking.
    fn noticed(&mut self, stage: f64, streams: bool) {
        for (index, (_, name)) in STAGES.iter().enumerate() {
            let within = if streams && *name != "run" {
                LAG_WITH_STREAMS
            } else {
                (0.5 + stage / 10.0).min(5.0)
            };
            let verb = if *name == "run" { "up" } else { "over" };
            let what = format!("`{name}` {verb} after {stage} s, noticed later by");
            let late = |release: &Release| release.stages.get(index).map_or(0.0, |seen| seen.late);
            self.worst(&what, late, seconds, Some(within));
        }
    }

    /// Where the time went of the release that lost most of it.
    fn times(&mut self, overhead: Option<f64>) {
        let slowest = self.flows.iter().map(|releases| slowest(releases));
        let slowest = slowest.collect();
        let all = std::mem::replace(&mut self.flows, slowest);
        self.worst("whole release", |release| release.total, seconds, None);
        let server = |release: &Release| release.server;
        self.worst("− Codesphere's own time", server, seconds, None);
        let settling = |release: &Release| release.settling;
        self.worst("− waits to be sure", settling, seconds, None);
        self.worst("= ours", Release::ours, seconds, overhead);
        let late = Release::stages_late;
        self.worst("of that: stages noticed late", late, seconds, None);
        let ratio = |release: &Release| 100.0 * release.ours() / release.server;
        let percent = |ratio: f64| format!("{ratio:.0} %");
        self.worst("ours : Codesphere's", ratio, percent, None);
        self.flows = all;
    }

    /// What it cost otherwise.
    fn costs(&mut self) {
        for (index, (_, name)) in STAGES.iter().enumerate() {
            let looks = |release: &Release| release.stages.get(index).map_or(0, |seen| seen.looks);
            self.most(&format!("looks at `{name}`"), looks);
        }
        self.most("requests to Codesphere", |release| release.requests);
        self.most("requests to the application", |release| release.visits);
        let processor = |release: &Release| release.ran.processor.as_secs_f64();
        self.worst("processor time", processor, seconds, Some(PROCESSOR));
        let memory = |release: &Release| megabytes(release.ran.memory);
        self.worst("most memory", memory, in_megabytes, Some(MEMORY));
    }

    /// Adds a row with the largest figure of each flow.
    fn worst(
        &mut self,
        what: &str,
        of: impl Fn(&Release) -> f64,
        spelt: impl Fn(f64) -> String,
        target: Option<f64>,
    ) {
        let cell = |releases: &Vec<&Release>| {
            let worst = releases
                .iter()
                .map(|release| of(release))
                .fold(0.0, f64::max);
            figure(spelt(worst), target.is_some_and(|most| worst > most))
        };
        let cells: Vec<String> = self.flows.iter().map(cell).collect();
        let target = target.map_or_else(String::new, |most| format!("≤ {}", spelt(most)));
        self.table.row(what, &cells, &target);
    }

    /// Adds a row with the largest count of each flow.
    fn most(&mut self, what: &str, of: impl Fn(&Release) -> usize) {
        let cell = |releases: &Vec<&Release>| {
            let most = releases.iter().map(|release| of(release)).max();
            most.unwrap_or_default().to_string()
        };
        let cells: Vec<String> = self.flows.iter().map(cell).collect();
        self.table.row(what, &cells, "");
    }
}

/// The release that lost most time, alone.
fn slowest<'a>(releases: &[&'a Release]) -> Vec<&'a Release> {
    let by_ours = |one: &&&Release, other: &&&Release| one.ours().total_cmp(&other.ours());
    let slowest = releases.iter().max_by(by_ours);
    slowest.copied().into_iter().collect()
}

/// Measures and shows everything else.
pub(crate) fn others(wanted: &Others) -> io::Result<()> {
    let mut table = Table::new(&["Otherwise", "measured", "to reach"]);
    let first = load::first_request()?;
    let text = format!("{:.1} ms", first * 1000.0);
    let cell = figure(text, first > FIRST_REQUEST);
    table.row("start to first request", &[cell], "≤ 10 ms");
    let memory = load::large_team(wanted.team)?;
    let what = format!("most memory, team of {} workspaces", wanted.team);
    table.row(what, &[most_memory(memory)], &target(MEMORY));
    let mut ways = vec![("without log streams", "none")];
    if wanted.streams {
        ways.push(("with log streams", "live"));
        floods(&mut table, wanted)?;
    }
    for (how, logs) in ways {
        let looks = load::looks(wanted.long_stage, logs)?;
        let what = format!("looks at a stage of {} s, {how}", wanted.long_stage);
        let every = format!("{:.0} by looking every 5 s", wanted.long_stage / POLLER);
        table.row(what, &[looks.to_string()], &every);
    }
    table.print()
}

fn floods(table: &mut Table, wanted: &Others) -> io::Result<()> {
    for flooding in [wanted.lines, wanted.one_line] {
        let flood = flooding.flood;
        let what = if flood.lines == 1 {
            format!("one line of {} MB", flood.length / 1_000_000)
        } else {
            format!("{} lines of log", flood.lines)
        };
        let flooded = load::flood(flooding)?;
        let memory = most_memory(flooded.memory);
        table.row(format!("most memory, {what}"), &[memory], &target(MEMORY));
        let cell = match flooded.sent {
            None => "not read to its end".to_owned(),
            Some((bytes, time)) => {
                let rate = megabytes(bytes) / time;
                figure(format!("{rate:.0} MB/s"), rate < RATE)
            }
        };
        let target = format!("≥ {RATE} MB/s");
        table.row(format!("reading {what}"), &[cell], &target);
    }
    Ok(())
}

fn in_megabytes(megabytes: f64) -> String {
    format!("{megabytes:.1} MB")
}

fn most_memory(bytes: u64) -> String {
    let most = megabytes(bytes);
    figure(in_megabytes(most), most > MEMORY)
}

fn target(most: f64) -> String {
    format!("≤ {}", in_megabytes(most))
}
