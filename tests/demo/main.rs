//! The demo: a release from start to end against a simulated Codesphere, in a few seconds and without an account.

mod arguments;
mod clock;
mod history;
mod job_log;
mod platform;
mod runner;
mod traffic;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use arguments::{Arguments, Asked, Flow};
use clock::{FastClock, SPEED};
use codesphere_release::clock::Cancellation;
use codesphere_simulator::Simulator;
use runner::Runner;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use traffic::Traffic;

fn main() -> ExitCode {
    let words = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    let shown = match arguments::parse(words) {
        Ok(Asked::Help) => write!(io::stdout(), "{}", arguments::usage()).map(|()| 0),
        Ok(Asked::Flows) => flows().map(|()| 0),
        Ok(Asked::Show(arguments)) => show(&arguments),
        Err(mistake) => write!(io::stderr(), "{mistake}\n\n{}", arguments::usage()).map(|()| 2),
    };
    shown.map_or_else(
        |error| {
            // Where even that cannot be written, the exit status has to do.
            let _ = writeln!(io::stderr(), "the demo had to stop: {error}");
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}

/// Sets the scene, releases, and tells what came of it; gives the release's exit status.
fn show(arguments: &Arguments) -> io::Result<u8> {
    let clock = Arc::new(FastClock::start());
    let simulator = Arc::new(platform::start(&clock, arguments));
    let runner = Runner::new(&simulator, arguments)?;
    let address = platform::address(&simulator, arguments.flow);
    introduce(arguments, &address)?;

    let traffic = Traffic::start(&simulator, &clock, &address);
    let status = runner.release(clock.as_ref(), cancellation()?);
    let seen = traffic.end();

    let mut out = io::stdout();
    headline("outputs")?;
    for (name, value) in runner.outputs()? {
        writeln!(out, "{name} = {value}")?;
    }
    headline("summary (Markdown)")?;
    writeln!(out, "{}", runner.summary()?.trim_end())?;
    headline("API calls that wrote")?;
    calls(&simulator)?;
    headline(&format!("visitors of https://{address}/ meanwhile"))?;
    writeln!(out, "{seen}")?;
    writeln!(out, "\nThe step would end with exit status {status}.")?;
    Ok(status)
}

fn introduce(arguments: &Arguments, address: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let flow = arguments.flow.name();
    match arguments.flow {
        Flow::Simple | Flow::ZeroDowntime | Flow::Candidate => writeln!(
            out,
            "Releasing commit aaaaaaa of acme/shop with the flow {flow}; https://{address}/ serves 1111111 so far."
        )?,
        Flow::Promote => writeln!(
            out,
            "Promoting a candidate of acme/shop, which runs commit aaaaaaa, with the flow {flow}; https://{address}/ serves 1111111 so far."
        )?,
        Flow::Rollback => writeln!(
            out,
            "Rolling back acme/shop: https://{address}/ serves commit aaaaaaa, and served 1111111 before."
        )?,
        Flow::Preview => writeln!(
            out,
            "Making the preview of pull request 7 of acme/shop at commit aaaaaaa; it will be at https://{address}/."
        )?,
        Flow::Cleanup => writeln!(
            out,
            "Cleaning up what earlier releases and pull requests of acme/shop have left; https://{address}/ serves 1111111."
        )?,
    }
    writeln!(
        out,
        "Codesphere is simulated, time runs {SPEED} times as fast, and visitors keep coming meanwhile."
    )?;
    if let Some(failing) = arguments.failing {
        writeln!(out, "What goes wrong: {}.", failing.description())?;
    }
    if arguments.database {
        writeln!(out, "{}", database(arguments.flow))?;
    }
    headline("log of the step")
}

/// Where the database is, for the flows that one matters to.
fn database(flow: Flow) -> &'static str {
    match flow {
        Flow::Simple => {
            "The ci.yml of 1111111 has a database, which holds orders; that of aaaaaaa has none any more."
        }
        Flow::ZeroDowntime
        | Flow::Candidate
        | Flow::Promote
        | Flow::Rollback
        | Flow::Preview
        | Flow::Cleanup => {
            "The ci.yml of aaaaaaa has a database: a new workspace's is new and empty."
        }
    }
}

fn flows() -> io::Result<()> {
    for flow in Flow::ALL {
        writeln!(io::stdout(), "{}", flow.name())?;
    }
    Ok(())
}

fn headline(title: &str) -> io::Result<()> {
    writeln!(io::stdout(), "\n── {title} ──")
}

fn calls(simulator: &Simulator) -> io::Result<()> {
    let mut out = io::stdout();
    let writes = simulator.writes();
    if writes.is_empty() {
        writeln!(out, "none")?;
    }
    for call in writes {
        writeln!(out, "{call}")?;
    }
    for objection in simulator.violations() {
        writeln!(out, "NOT WHAT A GOOD CLIENT DOES: {objection}")?;
    }
    Ok(())
}

/// Ctrl-C cancels the release as the runner would; a second one ends the demo at once.
fn cancellation() -> io::Result<Cancellation> {
    let cancel = Cancellation::default();
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, cancel.flag())?;
        flag::register(signal, cancel.flag())?;
    }
    Ok(cancel)
}
