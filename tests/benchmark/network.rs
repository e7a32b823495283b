//! Owns the measure of the network: how many round trips a flow costs, as the slope of its time over theirs.
//!
//! The API is encrypted here, as it really is. Nothing takes Codesphere any time, so that every wait's first look finds
//! what it waits for: waits hide nothing of the network, and add nothing to the slope.

use std::io;
use std::thread;
use std::time::Duration;

use codesphere_simulator::LIVE;

use crate::action::{self, Flow, Ran};
use crate::platform::{Lengths, Platform};
use crate::table::{Table, figure, megabytes, seconds};

/// A flow that is measured, up to which of its calls, and how many round trips it may cost.
struct Measured {
    what: &'static str,
    flow: Wanted,
    up_to: UpTo,
    at_most: Option<f64>,
}

/// The flow; what it needs is made first.
#[derive(Clone, Copy)]
enum Wanted {
    Simple,
    ZeroDowntime,
    Candidate,
    Promote,
    Rollback,
}

/// Where the time is taken.
#[derive(Clone, Copy)]
enum UpTo {
    End,
    Switch,
}

const MEASURED: [Measured; 5] = [
    measured("simple", Wanted::Simple, UpTo::End, Some(36.0)),
    measured("zero-downtime", Wanted::ZeroDowntime, UpTo::End, Some(45.0)),
    measured("candidate", Wanted::Candidate, UpTo::End, None),
    measured("promote", Wanted::Promote, UpTo::End, None),
    measured(
        "rollback, to its switch",
        Wanted::Rollback,
        UpTo::Switch,
        Some(16.0),
    ),
];

const fn measured(what: &'static str, flow: Wanted, up_to: UpTo, at_most: Option<f64>) -> Measured {
    Measured {
        what,
        flow,
        up_to,
        at_most,
    }
}

/// So little is the same as nothing.
const AT_ONCE: Lengths = Lengths {
    stage: 0.05,
    boot: 0.05,
    stop: 0.05,
    switch: 0.0,
    lines: 2,
};

/// One release at one distance.
struct Sample {
    round_trip: f64,
    time: f64,
    ran: Ran,
}

/// Measures every flow at these distances, in milliseconds, and shows what that makes.
pub(crate) fn print(round_trips: &[u16], rounds: u32) -> io::Result<()> {
    let mut table = Table::new(&[
        "Network, API encrypted",
        "round trips",
        "processor time",
        "most memory",
        "to reach",
    ]);
    for (measured, samples) in MEASURED.iter().zip(all(round_trips, rounds)?) {
        let slope = slope(&samples);
        let missed = measured.at_most.is_some_and(|most| slope > most);
        let processor = samples.iter().map(|one| one.ran.processor.as_secs_f64());
        let memory = samples.iter().map(|one| megabytes(one.ran.memory));
        let cells = [
            figure(format!("{slope:.0}"), missed),
            seconds(processor.fold(0.0, f64::max)),
            format!("{:.1} MB", memory.fold(0.0, f64::max)),
        ];
        let target = measured.at_most;
        let target = target.map_or_else(String::new, |most| format!("≤ {most} round trips"));
        table.row(measured.what, &cells, &target);
    }
    table.print()
}

/// The samples of each flow; the flows are measured at the same time.
fn all(round_trips: &[u16], rounds: u32) -> io::Result<Vec<Vec<Sample>>> {
    thread::scope(|scope| {
        let start = |measured: &'static Measured| {
            scope.spawn(move || samples(measured, round_trips, rounds))
        };
        let threads: Vec<_> = MEASURED.iter().map(start).collect();
        let panicked = |_| io::Error::other("measuring the network panicked");
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(panicked)?)
            .collect()
    })
}

fn samples(measured: &Measured, round_trips: &[u16], rounds: u32) -> io::Result<Vec<Sample>> {
    let each = |round_trip: &u16| -> io::Result<Sample> {
        let mut fastest = sample(measured, *round_trip)?;
        for _ in 1..rounds {
            let next = sample(measured, *round_trip)?;
            if next.time < fastest.time {
                fastest = next;
            }
        }
        Ok(fastest)
    };
    round_trips.iter().map(each).collect()
}

fn sample(measured: &Measured, round_trip: u16) -> io::Result<Sample> {
    let platform = Platform::start(AT_ONCE);
    platform.simulator.with(|world| {
        world.quirks.stale_seconds = 0.0;
        world.quirks.empty_seconds = 0.0;
    });
    let flow = prepared(&platform, measured.flow)?;
    let round_trip = Duration::from_millis(round_trip.into());
    platform
        .simulator
        .with(|world| world.quirks.round_trip = round_trip);
    let before = platform.simulator.calls().len();
    let inputs = [
        ("api-url", Platform::ENCRYPTED_API),
        ("health-body", "{sha}"),
    ];
    let inputs = match measured.flow {
        Wanted::Promote | Wanted::Rollback => inputs.get(..1).unwrap_or_default(),
        Wanted::Simple | Wanted::ZeroDowntime | Wanted::Candidate => &inputs,
    };
    let ran = action::run(&platform, flow, inputs)?;
    let until = match measured.up_to {
        UpTo::End => ran.until,
        UpTo::Switch => switched(&platform, before)?,
    };
    Ok(Sample {
        round_trip: round_trip.as_secs_f64(),
        time: until - ran.from,
        ran,
    })
}

/// The flow, once there is what it needs.
fn prepared(platform: &Platform, flow: Wanted) -> io::Result<Flow> {
    Ok(match flow {
        Wanted::Simple => Flow::Simple,
        Wanted::ZeroDowntime => Flow::ZeroDowntime,
        Wanted::Candidate => Flow::Candidate,
        Wanted::Promote => {
            action::run(platform, Flow::Candidate, &[])?;
            Flow::Promote(platform.newest())
        }
        Wanted::Rollback => {
            action::run(platform, Flow::ZeroDowntime, &[])?;
            Flow::Rollback(LIVE)
        }
    })
}

/// When the domain was switched, by a call later than so many.
fn switched(platform: &Platform, before: usize) -> io::Result<f64> {
    let calls = platform.simulator.calls();
    let mut later = calls.iter().skip(before);
    let switch = later.find(|call| call.method == "PUT" && call.path.starts_with("/domains/"));
    let switch = switch.ok_or_else(|| io::Error::other("nothing was switched"))?;
    Ok(switch.at.as_secs_f64())
}

/// The slope of the line that fits the samples best.
fn slope(samples: &[Sample]) -> f64 {
    let count = f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX));
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|one| one.round_trip), mean(|one| one.time));
    let products = samples
        .iter()
        .map(|one| (one.round_trip - x) * (one.time - y));
    let squares = samples.iter().map(|one| (one.round_trip - x).powi(2));
    products.sum::<f64>() / squares.sum::<f64>()
}
