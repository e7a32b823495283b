//! Owns what is measured, how much of it, and in which order: the built binary against a simulated Codesphere, in real
//! time. `cargo bench --bench speed` prints figures beside their targets and fails for none of them.

mod action;
mod figures;
mod load;
mod network;
mod platform;
mod process;
mod release;
mod streams;
mod table;

use std::io::{self, Write};
use std::process::ExitCode;

use action::is_input;
use codesphere_simulator::Flood;
use figures::{Others, others, releases};
use load::Flooding;
use platform::{Lengths, Logs, TALKATIVE};

const USAGE: &str = "Usage: cargo bench --bench speed [-- --short | --network]\n";

/// How much is measured.
struct Extent {
    lengths: Lengths,
    /// So many releases with each flow; the worst of them is shown.
    rounds: u32,
    /// Round trips of so many milliseconds.
    round_trips: &'static [u16],
    /// A stage after which it tells how late its end is noticed.
    noticed_stage: f64,
    /// A stage so long that the number of looks says something.
    long_stage: f64,
    lines: Flooding,
    one_line: Flooding,
}

const FULL: Extent = Extent {
    lengths: Lengths {
        stage: 5.0,
        boot: 8.0,
        stop: 1.0,
        switch: 2.0,
        lines: TALKATIVE,
    },
    rounds: 3,
    round_trips: &[0, 50, 100, 150],
    noticed_stage: 9.0,
    long_stage: 60.0,
    lines: flooding(1_000_000, 100, 12.0),
    one_line: flooding(1, 100_000_000, 8.0),
};

const SHORT: Extent = Extent {
    lengths: Lengths {
        stage: 1.0,
        boot: 1.0,
        stop: 0.5,
        switch: 0.5,
        lines: TALKATIVE,
    },
    rounds: 1,
    round_trips: &[0, 40],
    noticed_stage: 1.0,
    long_stage: 3.0,
    lines: flooding(200_000, 100, 2.0),
    one_line: flooding(1, 20_000_000, 2.0),
};

/// Distances at which the slopes hardly depend on what else the machine does.
const SLOPES: &[u16] = &[0, 100, 200];

/// An answer of some ten megabytes.
const LARGE_TEAM: u64 = 20_000;

const fn flooding(lines: u64, length: usize, seconds: f64) -> Flooding {
    Flooding {
        flood: Flood { lines, length },
        seconds,
    }
}

fn main() -> ExitCode {
    let (mut extent, mut network_only) = (&FULL, false);
    for word in std::env::args().skip(1) {
        match word.as_str() {
            // Cargo adds it.
            "--bench" => {}
            "--short" => extent = &SHORT,
            "--network" => network_only = true,
            _ => {
                let _ = write!(io::stderr(), "{word:?} is not known here.\n\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let measured = if network_only {
        network::print(SLOPES, 1)
    } else {
        measure(extent)
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "nothing can be measured: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(extent: &Extent) -> io::Result<()> {
    let streams = is_input("logs");
    say("Several flows are measured at the same time, in real time; Codesphere is simulated.")?;
    releases(
        "without log streams",
        extent.lengths,
        extent.rounds,
        Logs::Off,
    )?;
    if streams {
        releases(
            "with log streams",
            extent.lengths,
            extent.rounds,
            Logs::Ending,
        )?;
    } else {
        say("\nWith log streams: not measured, action.yml has no input `logs`.")?;
    }
    network::print(extent.round_trips, extent.rounds)?;
    if streams {
        streams::print(extent.noticed_stage)?;
    }
    others(&Others {
        long_stage: extent.long_stage,
        team: LARGE_TEAM,
        lines: extent.lines,
        one_line: extent.one_line,
        streams,
    })
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
