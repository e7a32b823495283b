//! Owns what a runner gives the action and gets back from it: environment, files, exit status.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs, io, process};

use codesphere_release::clock::{Cancellation, Clock};
use codesphere_release::http::Limits;
use codesphere_release::{World, run};
use codesphere_simulator::{BRANCH, DOMAIN, LIVE, NEW, REPOSITORY, Simulator, TOKEN};

use crate::arguments::{Arguments, Flow};
use crate::history::NEWEST;
use crate::job_log::JobLog;

/// Files of the runner by the variables that name them.
const FILES: [(&str, &str); 4] = [
    ("GITHUB_OUTPUT", "output"),
    ("GITHUB_STATE", "state"),
    ("GITHUB_STEP_SUMMARY", "summary"),
    ("GITHUB_EVENT_PATH", "event.json"),
];

/// A runner with one step to do. Nothing of the machine's own environment reaches it.
pub(crate) struct Runner {
    folder: Folder,
    variables: BTreeMap<String, String>,
}

impl Runner {
    /// Prepares the step: what a push, or a pull request for its preview, would give it, and its inputs.
    pub(crate) fn new(simulator: &Simulator, arguments: &Arguments) -> io::Result<Self> {
        let folder = Folder::new()?;
        fs::write(folder.0.join("event.json"), event(arguments.flow))?;
        let mut variables = BTreeMap::from(github(arguments.flow).map(owned));
        for (name, file) in FILES {
            let path = folder.0.join(file).to_string_lossy().into_owned();
            variables.insert(name.to_owned(), path);
        }
        variables.insert("HTTPS_PROXY".to_owned(), simulator.proxy_url());
        let given = arguments.inputs.iter().cloned();
        for (input, value) in inputs(simulator, arguments.flow).into_iter().chain(given) {
            variables.insert(format!("INPUT_{}", input.to_uppercase()), value);
        }
        Ok(Self { folder, variables })
    }

    /// Runs the action once, its log on standard output; gives its exit status.
    pub(crate) fn release(&self, clock: &dyn Clock, cancel: Cancellation) -> u8 {
        run(World {
            step: codesphere_release::Step::Main,
            variables: self.variables.clone(),
            out: Box::new(JobLog::new(io::stdout())),
            clock,
            cancel,
            limits: Limits::default(),
        })
    }

    /// Names and values of the outputs, as they stand in the end.
    pub(crate) fn outputs(&self) -> io::Result<Vec<(String, String)>> {
        Ok(pairs(&self.read("output")?))
    }

    /// The job summary.
    pub(crate) fn summary(&self) -> io::Result<String> {
        self.read("summary")
    }

    fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.0.join(file))
    }
}

fn github(flow: Flow) -> [(&'static str, &'static str); 11] {
    let event = match flow {
        Flow::Simple | Flow::ZeroDowntime | Flow::Candidate | Flow::Promote => "push",
        Flow::Rollback => "workflow_dispatch",
        Flow::Cleanup => "schedule",
        Flow::Preview => "pull_request",
    };
    [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_SHA", NEW),
        ("GITHUB_REF_NAME", BRANCH),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_RUN_ID", "9876543210"),
        ("GITHUB_RUN_NUMBER", "42"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        (
            "GITHUB_WORKFLOW_REF",
            "acme/shop/.github/workflows/release.yml@refs/heads/main",
        ),
    ]
}

fn event(flow: Flow) -> String {
    let repository = format!(
        r#"{{"full_name":"acme/shop","private":false,"default_branch":"{BRANCH}","clone_url":"{REPOSITORY}"}}"#
    );
    match flow {
        Flow::Simple
        | Flow::ZeroDowntime
        | Flow::Candidate
        | Flow::Promote
        | Flow::Rollback
        | Flow::Cleanup => {
            format!(r#"{{"repository":{repository}}}"#)
        }
        Flow::Preview => format!(
            r#"{{"action":"opened","number":7,"repository":{repository},"pull_request":{{"number":7,"state":"open","head":{{"sha":"{NEW}","ref":"{BRANCH}","repo":{repository}}}}}}}"#
        ),
    }
}

/// What the workflow file says; the time limits are short because nobody wants to watch a demo wait.
fn inputs(simulator: &Simulator, flow: Flow) -> Vec<(String, String)> {
    let (api, ca) = (simulator.api_url(), simulator.ca_pem());
    let (live, newest) = (LIVE.to_string(), NEWEST.to_string());
    let mut inputs = vec![
        ("flow", flow.name()),
        ("api-token", TOKEN),
        ("api-url", &api),
        ("ca-certificate", &ca),
        ("health-timeout", "20s"),
        ("switch-timeout", "10s"),
    ];
    if flow != Flow::Cleanup {
        inputs.push(("health-body", "{sha}"));
    }
    match flow {
        Flow::Simple => inputs.push(("workspace-id", &live)),
        Flow::Cleanup => {
            inputs.extend([("team", "Acme"), ("domain", DOMAIN), ("keep-releases", "1")]);
        }
        Flow::ZeroDowntime | Flow::Candidate => inputs.extend([
            ("team", "Acme"),
            ("domain", DOMAIN),
            ("plan", "Boost"),
            ("env", "GREETING=hello"),
        ]),
        Flow::Promote => inputs.extend([
            ("workspace-id", newest.as_str()),
            ("team", "Acme"),
            ("domain", DOMAIN),
        ]),
        Flow::Rollback => inputs.extend([("team", "Acme"), ("domain", DOMAIN)]),
        Flow::Preview => inputs.extend([
            ("team", "Acme"),
            ("plan", "Nap"),
            // The visitors of the demo do not sign in.
            ("restricted", "false"),
        ]),
    }
    inputs.into_iter().map(owned).collect()
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The grammar of `GITHUB_OUTPUT`, in the one form that the action writes; of several values the last one counts.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines
                .by_ref()
                .take_while(|line| *line != delimiter)
                .collect();
            found.retain(|(known, _)| known != name);
            found.push((name.to_owned(), value.join("\n")));
        }
    }
    found
}

/// A folder that is gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("codesphere-release-demo-{}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}
