//! The process: signal handlers first, environment in, exit status out.

mod usage;

use std::collections::BTreeMap;
use std::process::ExitCode;

use codesphere_release::clock::{Cancellation, SystemClock};
use codesphere_release::http::Limits;
use codesphere_release::{Step, World, run};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

fn main() -> ExitCode {
    let cancel = Cancellation::default();
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second signal finds the flag raised and ends the process at once.
        let registered = flag::register_conditional_shutdown(signal, 130, cancel.flag())
            .and_then(|_| flag::register(signal, cancel.flag()));
        if registered.is_err() {
            return ExitCode::FAILURE;
        }
    }
    let mut arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = arguments.next().unwrap_or_default();
    if let Some(status) = usage::answer(arguments) {
        return status;
    }
    // The library tells a panic in the log; what the default hook writes would be out of order, and not made harmless.
    std::panic::set_hook(Box::new(|_| {}));
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })
        .collect();
    ExitCode::from(run(World {
        step: Step::of_program(&program),
        variables,
        out: Box::new(std::io::stdout()),
        clock: &SystemClock::start(),
        cancel,
        limits: Limits::default(),
    }))
}
