//! The simulated Codesphere as a process of its own, for whatever wants to release to it.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use codesphere_simulator::{Domain, NEW, REPOSITORY, Service, Simulator, TOKEN, World};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

const USAGE: &str = "\
Usage: cargo run --example simulator -- [options]

Prints api-url=, proxy-url=, ca-file= and token=, then serves until it is stopped.

  --api-port N            the API's port on loopback; 0 (the default) stands for any
  --proxy-port N          the port of the proxy to the applications; 0 likewise
  --until-stdin-closes    stop when standard input ends
  --domain NAME           one more custom domain of the team, which points at nothing; several times if need be
  --profile NAME          one more CI profile in the newest commit; several times if need be
  --landscape             the newest commit describes the services `web` and `api` and the managed service `db`
  --quick                 stages and new workspaces take half a second
  --tell                  print wrote= for each API request that changes something, and
                          objection= for what no good client does
";

/// How long things take that are to be quick, in seconds.
const QUICK: f64 = 0.5;
/// How soon a wish to stop is noticed.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options of a command line"
)]
struct Arguments {
    api_port: u16,
    proxy_port: u16,
    domains: Vec<String>,
    profiles: Vec<String>,
    landscape: bool,
    quick: bool,
    until_stdin_closes: bool,
    tell: bool,
}

fn main() -> ExitCode {
    let words = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    let ended = match parse(words) {
        Ok(Some(arguments)) => serve(&arguments).map(|()| 0),
        Ok(None) => write!(io::stdout(), "{USAGE}").map(|()| 0),
        Err(mistake) => write!(io::stderr(), "{mistake}\n\n{USAGE}").map(|()| 2),
    };
    ended.map_or_else(
        |error| {
            // Where even that cannot be written, the exit status has to do.
            let _ = writeln!(io::stderr(), "the simulator had to stop: {error}");
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}

/// `None` asks for help.
fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--api-port" => arguments.api_port = port(&word, words.next())?,
            "--proxy-port" => arguments.proxy_port = port(&word, words.next())?,
            "--domain" => arguments.domains.push(named(&word, words.next())?),
            "--profile" => arguments.profiles.push(named(&word, words.next())?),
            "--landscape" => arguments.landscape = true,
            "--quick" => arguments.quick = true,
            "--until-stdin-closes" => arguments.until_stdin_closes = true,
            "--tell" => arguments.tell = true,
            _ => return Err(format!("{word:?} is not known here.")),
        }
    }
    Ok(Some(arguments))
}

fn port(option: &str, value: Option<String>) -> Result<u16, String> {
    value
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| format!("{option} needs a number from 0 to 65535."))
}

fn named(option: &str, value: Option<String>) -> Result<String, String> {
    value.ok_or_else(|| format!("{option} needs a name."))
}

fn serve(arguments: &Arguments) -> io::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&stop))?;
    }
    if arguments.until_stdin_closes {
        stop_with_stdin(Arc::clone(&stop));
    }
    let simulator = Simulator::real_time_at(arguments.api_port, arguments.proxy_port);
    simulator.with(|world| extend(world, arguments));
    let file = env::temp_dir().join(format!("codesphere-simulator-{}.pem", process::id()));
    fs::write(&file, simulator.ca_pem())?;
    let mut told = introduce(&simulator, &file.to_string_lossy());
    let mut news = News::default();
    while told.is_ok() && !stop.load(Ordering::SeqCst) {
        thread::sleep(LOOK);
        if arguments.tell {
            told = news.tell(&simulator);
        }
    }
    fs::remove_file(&file)?;
    told
}

fn extend(world: &mut World, arguments: &Arguments) {
    for name in &arguments.domains {
        let domain = Domain::new(BTreeMap::new());
        world.domains.insert(name.clone(), domain);
    }
    if arguments.quick {
        hurry(world);
    }
    let repository = world.repositories.get_mut(REPOSITORY);
    if let Some(commit) = repository.and_then(|repository| repository.commit_mut(NEW)) {
        commit
            .ci
            .profiles
            .extend(arguments.profiles.iter().cloned());
        if arguments.landscape {
            commit.ci.services = vec![
                Service::reactive("web").times(2),
                Service::reactive("api").on("/api"),
                Service::managed("db", "postgres"),
            ];
        }
    }
}

fn hurry(world: &mut World) {
    world.quirks.boot = QUICK;
    let repositories = world.repositories.values_mut();
    let commits = repositories.flat_map(|repository| repository.branches.values_mut().flatten());
    for commit in commits {
        let ci = &mut commit.ci;
        let steps = ci.prepare.steps.iter_mut().chain(&mut ci.test.steps);
        steps.for_each(|step| step.seconds = QUICK);
        ci.run.boot = QUICK;
    }
}

fn stop_with_stdin(stop: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut rest = [0; 1024];
        while matches!(io::stdin().read(&mut rest), Ok(count) if count > 0) {}
        stop.store(true, Ordering::SeqCst);
    });
}

fn introduce(simulator: &Simulator, ca_file: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "api-url={}", simulator.api_url())?;
    writeln!(out, "proxy-url={}", simulator.proxy_url())?;
    writeln!(out, "ca-file={ca_file}")?;
    writeln!(out, "token={TOKEN}")?;
    out.flush()
}

/// What was told already.
#[derive(Default)]
struct News {
    writes: usize,
    objections: usize,
}

impl News {
    /// Tells what has happened since the last time.
    fn tell(&mut self, simulator: &Simulator) -> io::Result<()> {
        let mut out = io::stdout();
        for write in simulator.writes().iter().skip(self.writes) {
            self.writes += 1;
            writeln!(out, "wrote={write}")?;
        }
        for objection in simulator.violations().iter().skip(self.objections) {
            self.objections += 1;
            writeln!(out, "objection={objection}")?;
        }
        out.flush()
    }
}
