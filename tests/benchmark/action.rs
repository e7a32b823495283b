//! Owns the product as a process: started as a runner starts it, watched from outside until it has ended.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use std::{fs, process};

use codesphere_simulator::{BRANCH, DOMAIN, LIVE, NEW, PLAN, REPOSITORY, TEAM, TOKEN};

use crate::platform::Platform;
use crate::process::{peak_memory, processor_time};

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long an ended process may take to go.
const GOING: Duration = Duration::from_secs(5);
/// The file that tells what triggered the workflow.
const EVENT: &str = "event.json";
/// So much of the log's end is kept, for a release that fails.
const TAIL: usize = 8 * 1024;

/// How to release.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Updates [`LIVE`] in place.
    Simple,
    /// Makes a new workspace and switches [`DOMAIN`] to it.
    ZeroDowntime,
    /// Makes a new workspace for [`DOMAIN`].
    Candidate,
    /// Switches [`DOMAIN`] to that workspace, which a candidate made.
    Promote(u64),
    /// Switches [`DOMAIN`] back to that workspace.
    Rollback(u64),
}

impl Flow {
    /// The value of the input `flow`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::ZeroDowntime => "zero-downtime",
            Self::Candidate => "candidate",
            Self::Promote(_) => "promote",
            Self::Rollback(_) => "rollback",
        }
    }

    /// The other inputs that it needs. Whatever can be given by number is.
    fn inputs(self) -> Vec<(&'static str, String)> {
        let team = || ("team", TEAM.to_string());
        let domain = || ("domain", DOMAIN.to_owned());
        let plan = || ("plan", PLAN.to_string());
        let workspace = |id: u64| ("workspace-id", id.to_string());
        match self {
            Self::Simple => vec![workspace(LIVE)],
            Self::ZeroDowntime | Self::Candidate => vec![team(), domain(), plan()],
            Self::Promote(id) | Self::Rollback(id) => vec![team(), domain(), workspace(id)],
        }
    }

    /// Id and number of the workflow's run: one that follows another's work is the later.
    fn run(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Simple | Self::ZeroDowntime | Self::Candidate => {
                [("GITHUB_RUN_ID", "9876543210"), ("GITHUB_RUN_NUMBER", "42")]
            }
            Self::Promote(_) | Self::Rollback(_) => {
                [("GITHUB_RUN_ID", "9876543300"), ("GITHUB_RUN_NUMBER", "43")]
            }
        }
    }
}

/// A process that ended well; times are the platform's.
pub(crate) struct Ran {
    pub(crate) from: f64,
    pub(crate) until: f64,
    pub(crate) processor: Duration,
    /// In bytes.
    pub(crate) memory: u64,
}

/// The end of the process's log, and when it came.
struct Ended {
    at: Instant,
    tail: Vec<u8>,
}

/// Whether `action.yml` has such an input: what this version cannot do is not measured.
pub(crate) fn is_input(name: &str) -> bool {
    let manifest = include_str!("../../action.yml");
    let inputs = manifest.split("\noutputs:").next().unwrap_or_default();
    let inputs = inputs.split("\ninputs:").nth(1).unwrap_or_default();
    inputs
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .any(|known| known == name)
}

/// Runs the action once, with these inputs besides those that the flow needs.
pub(crate) fn run(
    platform: &Platform,
    flow: Flow,
    inputs: &[(&'static str, &'static str)],
) -> io::Result<Ran> {
    let folder = Folder::new()?;
    let mut command = command(platform, flow, inputs, &folder);
    let (from, began) = (platform.now(), Instant::now());
    let mut child = command.spawn()?;
    let (ended, memory) = watched(&mut child)?;
    let processor = processor_of(&child)?;
    let status = child.wait()?;
    if !status.success() {
        let log = String::from_utf8_lossy(&ended.tail);
        return Err(io::Error::other(format!(
            "the release ended with {status}; its log ends with\n{log}"
        )));
    }
    Ok(Ran {
        from,
        until: from + ended.at.duration_since(began).as_secs_f64(),
        processor,
        memory,
    })
}

/// Takes the process's log, as the runner does, and looks at its memory meanwhile.
fn watched(child: &mut Child) -> io::Result<(Ended, u64)> {
    let ended = taken(child)?;
    let mut memory = 0;
    loop {
        match ended.recv_timeout(LOOK) {
            Ok(ended) => return Ok((ended, memory)),
            Err(RecvTimeoutError::Timeout) => {
                memory = peak_memory(child.id()).map_or(memory, |most| most.max(memory));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("the release's log could not be read"));
            }
        }
    }
}

fn taken(child: &mut Child) -> io::Result<Receiver<Ended>> {
    let (sender, receiver) = channel();
    let log = child.stdout.take();
    let mut log = log.ok_or_else(|| io::Error::other("the release has no standard output"))?;
    spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        let mut tail = Vec::new();
        while let Ok(count @ 1..) = log.read(&mut buffer) {
            tail.extend(buffer.iter().take(count));
            tail.drain(..tail.len().saturating_sub(TAIL));
        }
        // Whoever has stopped listening does not want it any more.
        let _ = sender.send(Ended {
            at: Instant::now(),
            tail,
        });
    });
    Ok(receiver)
}

fn processor_of(child: &Child) -> io::Result<Duration> {
    let since = Instant::now();
    while since.elapsed() < GOING {
        if let Some(time) = processor_time(child.id()) {
            return Ok(time);
        }
        sleep(Duration::from_millis(1));
    }
    Err(io::Error::other(
        "the release closed its log and did not end",
    ))
}

fn command(
    platform: &Platform,
    flow: Flow,
    inputs: &[(&'static str, &'static str)],
    folder: &Folder,
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codesphere-release"));
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .envs(GITHUB)
        .env("GITHUB_EVENT_PATH", folder.0.join(EVENT))
        .env("GITHUB_OUTPUT", folder.0.join("output"))
        .env("GITHUB_STATE", folder.0.join("state"))
        .env("GITHUB_STEP_SUMMARY", folder.0.join("summary"))
        .env("HTTPS_PROXY", platform.simulator.proxy_url())
        .env("INPUT_API-TOKEN", TOKEN)
        .env("INPUT_API-URL", platform.simulator.api_url())
        .env("INPUT_CA-CERTIFICATE", platform.simulator.ca_pem());
    command.envs(flow.run()).env("INPUT_FLOW", flow.name());
    for (input, value) in flow.inputs() {
        command.env(format!("INPUT_{}", input.to_uppercase()), value);
    }
    for (input, value) in inputs {
        command.env(format!("INPUT_{}", input.to_uppercase()), value);
    }
    command
}

/// What a push gives every step.
const GITHUB: [(&str, &str); 9] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "acme/shop"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_SHA", NEW),
    ("GITHUB_REF_NAME", BRANCH),
    ("GITHUB_REF_TYPE", "branch"),
    ("GITHUB_EVENT_NAME", "push"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    (
        "GITHUB_WORKFLOW_REF",
        "acme/shop/.github/workflows/release.yml@refs/heads/main",
    ),
];

/// A folder for the runner's files that is gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("speed-{}-{number}", process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path)?;
        let event = format!(r#"{{"repository":{{"private":false,"clone_url":"{REPOSITORY}"}}}}"#);
        fs::write(path.join(EVENT), event)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the target folder, out of everybody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}
